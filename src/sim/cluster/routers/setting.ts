/** What can be set of a router, as data: the router itself, and whoever offers its settings, read the same table. */

/** A number, under the name that the router's own program gives it (a flag without its dashes, a parameter of its file). */
export interface NumberSetting {
  readonly initial: number;
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
  /** What is counted; '' = a plain number. */
  readonly unit: SettingUnit;
  /** One sentence. */
  readonly says: string;
}

/** One of several words. */
export interface WordSetting {
  readonly initial: string;
  readonly words: readonly string[];
  readonly says: string;
}

export type SettingUnit = '' | 'requests' | 'tokens' | 'blocks' | 'share' | 's' | 'ms';
export type RouterSettings = Readonly<Record<string, NumberSetting | WordSetting>>;

/** Values under the names of their settings. */
export type ValuesOf<S extends RouterSettings> = {
  readonly [K in keyof S]: S[K] extends WordSetting ? S[K]['words'][number] : number;
};

/** All values: those given, and the initial ones of the others. */
export function valuesOf<S extends RouterSettings>(settings: S, given: Readonly<Record<string, unknown>>): ValuesOf<S> {
  for (const name of Object.keys(given)) if (!(name in settings)) throw new Error(`the router has no setting ${name}`);
  const all = Object.entries(settings).map(([name, { initial }]) => [name, given[name] ?? initial]);
  return Object.fromEntries(all) as ValuesOf<S>;
}

/** A whole number from `least` (0 if left out) on. */
export function count(initial: number, unit: SettingUnit, says: string, least = 0): NumberSetting {
  return { initial, least, most: 2 ** 30, isWhole: true, unit, says };
}

/** A number from 0 on. */
export function amount(initial: number, most: number, unit: SettingUnit, says: string): NumberSetting {
  return { initial, least: 0, most, isWhole: false, unit, says };
}
