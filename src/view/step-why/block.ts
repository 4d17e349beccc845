/** Why a KV block stays, or is free. */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import { BlockState } from '../../protocol/frame.ts';
import { type KvModel, ownersOf } from '../kv/model.ts';

const keys: Readonly<Record<number, MessageKey>> = Object.fromEntries(
  Object.entries(BlockState).map(([name, state]) => [state, `why.block.${name as keyof typeof BlockState}`]),
);

/** In a sentence that names its owner. */
export function blockReason(model: KvModel, block: number, t: Translate): string {
  return t(keys[model.state[block]], { request: ownersOf(model, block)[0] ?? -1 });
}
