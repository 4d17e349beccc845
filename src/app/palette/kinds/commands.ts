import { type Command, type CommandGroup, commandGroups, commands } from '../../commands.ts';
import type { PaletteContext, PaletteEntry, PaletteKind } from '../entry.ts';

/** The table of commands: by group in the menu; when something is asked for, panels apart from all others. */
export const commandKind: PaletteKind = (context, query) => {
  const { t } = context;
  const ofGroup = (group: CommandGroup) =>
    // Here one is in it already.
    commands
      .filter((command) => command.group === group && command.id !== 'palette')
      .map((each) => entryOf(each, context));
  if (query === '') {
    return commandGroups.map((group) => ({
      heading: t(`group.command.${group}`),
      entries: ofGroup(group),
      isInMenu: true,
    }));
  }
  const others = commandGroups.filter((group) => group !== 'panels');
  return [
    { heading: t('palette.commands'), entries: others.flatMap(ofGroup) },
    { heading: t('group.command.panels'), entries: ofGroup('panels') },
  ];
};

function entryOf(command: Command, { session, names, t, obstacleOf }: PaletteContext): PaletteEntry {
  const obstacle = obstacleOf(command.id);
  return {
    id: `command.${command.id}`,
    // "dark theme", "settings".
    names: [...names(command.label), ...names(`group.command.${command.group}`)],
    shortcuts: command.shortcuts,
    isOn: command.isOn?.(),
    obstacle: obstacle === null ? undefined : t(obstacle),
    choose: () => command.run(session),
  };
}
