import type { MessageKey } from '../../../i18n/i18n.ts';
import { type Command, type CommandGroup, type CommandId, commandGroups, commands } from '../../commands.ts';
import type { PaletteContext, PaletteEntry, PaletteKind } from '../entry.ts';

/** Other words that people look for. */
const alsoCalled: Partial<Record<CommandId, MessageKey>> = {
  share: 'also.share',
  import: 'also.import',
  save: 'also.save',
  compare: 'also.compare',
  headlines: 'also.headlines',
  help: 'also.help',
  characterKeys: 'also.help',
  bookmark: 'also.bookmark',
  maximise: 'also.maximise',
  'theme.dark': 'also.dark',
  'motion.reduced': 'also.reduced',
};

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
  const also = alsoCalled[command.id];
  return {
    id: `command.${command.id}`,
    names: [
      ...names(command.label),
      ...(also === undefined ? [] : names(also).flatMap((text) => text.split('|'))),
      // "settings".
      ...names(`group.command.${command.group}`),
    ],
    shortcuts: command.shortcuts,
    isOn: command.isOn?.(),
    obstacle: obstacle === null ? undefined : t(obstacle),
    choose: () => command.run(session),
  };
}
