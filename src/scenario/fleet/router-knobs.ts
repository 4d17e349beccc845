/** Settings of routers as knobs: ranges, units and defaults are those of the routers' own table. */

import {
  isSettingRead,
  type NumberSetting,
  type RouterSetting,
  routerSettings,
} from '../../sim/cluster/routers/settings.ts';
import type { FleetKnob } from '../knob-entry.ts';
import type { Knobs, KnobValue } from '../knobs.ts';

/** Whose they are, by router. The other routers' are SGLang's. */
const programs: Readonly<Record<string, string>> = { 'llm-d': 'llm-d', dynamo: 'NVIDIA Dynamo', mooncake: 'Mooncake' };

/** Flags that tell by themselves what they belong to. */
const isPlain = /^(cache-threshold|balance-|prefix-(token|hash))/;

/**
 * What the knob of a setting is called: like the flag, with the router's name in front where the flag alone could be
 * anybody's: `cache-threshold`, `sticky-max-idle-secs`, `dynamo-temperature` of `--router-temperature`,
 * `llm-d-block-size-tokens` of `blockSizeTokens`.
 */
export function routerKnobName(router: string, setting: string): string {
  if (isPlain.test(setting)) return setting;
  const words = setting.replaceAll('_', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `${router}-${words.replace(/^router-/, '')}`;
}

/** The knobs of a router's settings. */
export function routerKnobNames(router: string): readonly string[] {
  return Object.keys(routerSettings[router] ?? {}).map((setting) => routerKnobName(router, setting));
}

/** The knobs of all of them. `isChosen`: whether a router takes part in a scenario; `hasStore`: whether its fleet shares a store. */
export function routerKnobs(
  isChosen: (knobs: Knobs, router: string) => boolean,
  hasStore: (knobs: Knobs) => boolean,
): readonly FleetKnob[] {
  return Object.entries(routerSettings).flatMap(([router, settings]) =>
    Object.entries(settings).map(
      ([name, setting]): FleetKnob => ({
        name: routerKnobName(router, name),
        program: programs[router] ?? 'SGLang',
        flag: flagOf(router, name),
        group: 'fleet',
        readBy: 'all',
        change: 'start',
        since: 1,
        isUsed: (knobs) =>
          isChosen(knobs, router) &&
          (setting.needsStore === undefined || hasStore(knobs)) &&
          isSettingRead(setting, (other) => settingOf(knobs, router, other)),
        ...formOf(setting),
      }),
    ),
  );
}

/** What a router is told; undefined for one that has no settings. */
export function routerSettingsOf(router: string, knobs: Knobs): Readonly<Record<string, KnobValue>> | undefined {
  const settings = routerSettings[router];
  return settings && Object.fromEntries(Object.keys(settings).map((name) => [name, settingOf(knobs, router, name)]));
}

function settingOf(knobs: Knobs, router: string, setting: string): KnobValue {
  return knobs[routerKnobName(router, setting)] ?? routerSettings[router][setting].initial;
}

/** A flag, or a parameter of llm-d's file; the paper has no flags. */
function flagOf(router: string, setting: string): string | undefined {
  if (router === 'mooncake') return undefined;
  return router === 'llm-d' ? setting : `--${setting}`;
}

function formOf(setting: RouterSetting) {
  if ('words' in setting)
    return { type: 'choice', unit: 'none', default: setting.initial, choices: setting.words } as const;
  return 'least' in setting ? numberOf(setting) : ({ type: 'switch', unit: 'none', default: setting.initial } as const);
}

function numberOf({ initial, least, most, step, unit }: NumberSetting) {
  const isShare = unit === 'share';
  return {
    type: step === 1 ? 'integer' : 'number',
    unit,
    default: initial,
    // A scale of equal factors begins above 0.
    min: isShare ? least : Math.max(least, step),
    max: most,
    step,
    scale: isShare ? 'linear' : 'log',
    zero: least === 0,
  } as const;
}
