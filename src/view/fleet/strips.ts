/** What lies under the rows of the replicas: the way from prefill to decode, and the store that all share. Three levels each, over the same times. */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import { byteRate } from '../rates.ts';
import type { Links } from './links.ts';
import { figureOf } from './picture.ts';
import type { Store } from './store.ts';

/** Stand for a replica where the way between those that prefill and those that decode, or the store, is pointed at. */
export const theLinks = -2;
export const theStore = -3;

interface StripLevel {
  readonly word: MessageKey;
  /** Over the bins of the replicas' series. */
  readonly values: Float32Array;
  /** The whole height. */
  readonly top: number;
  readonly unit: 'count' | 'bytes' | 'bytesPerS';
  /** Somebody waits while it is above 0. */
  readonly isWait: boolean;
}

export interface Strip {
  readonly stands: typeof theLinks | typeof theStore;
  readonly name: MessageKey;
  /** From left to right, as many as the replicas have. */
  readonly levels: readonly StripLevel[];
}

/** From the top down. */
export function stripsOf(links: Links | null, store: Store | null): readonly Strip[] {
  const strips: Strip[] = [];
  if (links !== null) {
    const { levels, tops } = links;
    strips.push({
      stands: theLinks,
      name: 'fleet.linksShort',
      levels: [
        { word: 'fleet.held', values: levels.held, top: tops.held, unit: 'count', isWait: true },
        { word: 'fleet.moving', values: levels.moving, top: tops.moving, unit: 'count', isWait: false },
        { word: 'fleet.bytesPerS', values: levels.bytesPerS, top: tops.bytesPerS, unit: 'bytesPerS', isWait: false },
      ],
    });
  }
  if (store !== null) {
    const { levels, tops } = store;
    strips.push({
      stands: theStore,
      name: 'fleet.storeShort',
      levels: [
        { word: 'fleet.stored', values: levels.stored, top: tops.stored, unit: 'bytes', isWait: false },
        { word: 'fleet.fetching', values: levels.fetching, top: tops.fetching, unit: 'count', isWait: true },
        { word: 'fleet.fetched', values: levels.fetched, top: tops.fetched, unit: 'bytesPerS', isWait: false },
      ],
    });
  }
  return strips;
}

/** A level as a figure: of what has a limit the share of it. */
export function stripFigure({ unit, top }: StripLevel, value: number, format: Format): string {
  if (unit === 'bytes') return format.percent(value / top);
  return unit === 'bytesPerS' ? byteRate(format, value) : figureOf('waiting', value, format);
}

/** What the whole height stands for: the room there is, or the most there ever was. */
export function topWords(level: StripLevel, t: Translate, format: Format): string {
  if (level.unit === 'bytes') return t('fleet.ofRoom', { value: format.bytes(level.top) });
  return t('fleet.upTo', { value: stripFigure(level, level.top, format) });
}
