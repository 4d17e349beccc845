import type { Translate } from '../../i18n/i18n.ts';
import { BlockState } from '../../protocol/frame.ts';
import type { Format } from '../../ui/use-format.ts';
import { type KvModel, ownersOf } from './model.ts';

export const stateWords = [
  'kv.state.free',
  'kv.state.prefill',
  'kv.state.decode',
  'kv.state.shared',
  'kv.state.cached',
  'kv.state.reserved',
  'kv.state.idle',
] as const;

/** More owners than this are not listed. */
const namedOwners = 6;

/** A block in one line: what it is, whose, how full. */
export function describeBlock(model: KvModel, block: number, t: Translate, format: Format): string {
  const values = {
    block: format.count(block),
    state: t(stateWords[model.state[block]] ?? 'kv.state.free'),
    fill: model.fill[block],
    size: model.blockSize,
  };
  const owners = ownersOf(model, block);
  if (model.state[block] === BlockState.shared && owners.length > 1) {
    const names = owners.slice(0, namedOwners).map((request) => `r${request}`);
    return t('kv.blockShared', { ...values, owners: names.join(', ') + (owners.length > namedOwners ? ', …' : '') });
  }
  return owners.length > 0 ? t('kv.blockOwner', { ...values, request: owners[0] }) : t('kv.block', values);
}

/** The pool and its memory in words. */
export function describePool(model: KvModel, t: Translate, format: Format): string {
  const shares = Object.fromEntries(model.parts.map((part) => [part.name, format.percent(part.share)]));
  return t('kv.description', { ...shares, used: format.count(model.used), blocks: format.count(model.count) });
}

/** Fragmentation here is the share of allocated places that hold nothing, as in the summary of a run. */
export function factsOfPool(model: KvModel, t: Translate, format: Format): string {
  const tokens = Object.fromEntries(model.parts.map((part) => [part.name, part.tokens]));
  const lost = tokens.internal + tokens.reserved;
  return t('kv.facts', {
    blocks: format.count(model.count),
    used: format.percent(share(model.used, model.count)),
    fragmentation: format.percent(share(lost, lost + tokens.useful)),
  });
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
