import { useStore } from 'zustand';
import { playbackStore } from '../../state/playback.ts';
import { useMotion } from '../../ui/use-motion.ts';
import { type Look, lookOf, paceOf } from './pace.ts';

/** How the change to the shown step is shown. */
export function useLook(): Look {
  const motion = useMotion();
  return useStore(playbackStore, (s) => lookOf(paceOf(s), motion));
}
