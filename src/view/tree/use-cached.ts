/** What the worker knows of the prefix cache at the shown step, or at the one beside it. */

import { useCallback } from 'react';
import { useStore } from 'zustand';
import type { Side } from '../../protocol/messages.ts';
import { type CachedPieces, noPieces } from '../../sim/memory/cached-pieces.ts';
import type { HashChain } from '../../sim/memory/hash-chain.ts';
import { runStore } from '../../state/run.ts';
import { useSession } from '../session-context.ts';
import { useAsked } from './use-asked.ts';

/** The tree of cached prefixes; null where there is no cache. */
export function useCached(of: Side): CachedPieces | null {
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run has another cache
  const ask = useCallback(() => session.cachedPieces(of), [session, of, result]);
  return useAsked(ask, of, noPieces);
}

/** A request's chain of block hashes; null where nothing is hashed, nobody is selected, or it neither runs nor waits. */
export function useHashChain(request: number, of: Side): HashChain | null {
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run has other chains
  const ask = useCallback(
    () => (request < 0 ? Promise.resolve(null) : session.hashChain(request, of)),
    [session, request, of, result],
  );
  return useAsked<HashChain | null>(ask, of, null);
}
