import { useEffect, useRef } from 'react';
import { playbackStore } from '../../state/playback.ts';
import { runStore } from '../../state/run.ts';
import { frameLoop } from '../../ui/frame-loop.ts';
import { useMotion } from '../../ui/use-motion.ts';
import { useTheme } from '../../ui/use-theme.ts';
import { StageMotion } from './stage-motion.ts';
import './motion.css';

/** What moves between panels, over all of them and in nobody's way. A default export because it is loaded lazily. */
export default function MotionLayer() {
  const layer = useRef<HTMLDivElement>(null);
  const motion = useMotion();
  const theme = useTheme();
  const how = useRef({ motion, theme });
  how.current = { motion, theme };
  useEffect(() => {
    if (layer.current === null) return;
    const stage = new StageMotion(layer.current, () => how.current);
    const land = () => stage.land();
    let last = { frame: playbackStore.getState().frame, result: runStore.getState().result };
    const unsubscribe = playbackStore.subscribe((state) => {
      const { frame } = state;
      if (frame === last.frame) return;
      stage.land();
      const before = last;
      last = { frame, result: runStore.getState().result };
      // A frame of another run continues nothing.
      if (before.frame === null || frame === null || before.result !== last.result) return;
      const start = stage.prepare(before.frame, frame, state);
      // What starts once the panels are laid out and drawn anew is seen with them.
      if (start === null) return;
      void frameLoop.drawn().then(() => {
        if (playbackStore.getState().frame === frame) start();
      });
    });
    // Wherever the panels go, what flies over them has lost its way.
    const events = ['pointerdown', 'keydown', 'wheel', 'scroll', 'resize'] as const;
    for (const name of events) addEventListener(name, land, { capture: true, passive: true });
    return () => {
      unsubscribe();
      for (const name of events) removeEventListener(name, land, { capture: true });
      stage.land();
    };
  }, []);
  return <div ref={layer} className="motion-layer" aria-hidden="true" />;
}
