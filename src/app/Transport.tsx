import {
  ChevronFirst,
  ChevronLast,
  ChevronLeft,
  ChevronRight,
  GitFork,
  Pause,
  Play,
  SkipBack,
  SkipForward,
} from 'lucide-react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { fastest, playbackStore, slowest } from '../state/playback.ts';
import { runStore } from '../state/run.ts';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { Slider } from '../ui/controls/Slider.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useReadable } from '../ui/use-readable.ts';
import { Overview } from '../view/overview/Overview.tsx';
import { useSession } from '../view/session-context.ts';
import { CommandButton } from './CommandButton.tsx';
import { commandOf } from './commands.ts';
import { later } from './Later.tsx';
import type { Layout } from './use-layout.ts';

const Flags = later(() => import('../view/overview/Flags.tsx'));
const Sampled = later(() => import('../view/motion/Sampled.tsx'));

/** Time: play, step, jump, speed, and the whole run to scrub through. */
export function Transport({ layout }: { readonly layout: Layout }) {
  const t = useT();
  const hasFrame = useStore(playbackStore, (s) => s.frame !== null);
  const hasBookmarks = useStore(useSession().scenario, (s) => s.bookmarks.length > 0);
  return (
    <section className="transport" aria-label={t('transport.title')}>
      <div className="transport-row">
        <div className="transport-buttons">
          <CommandButton command="start" isDisabled={!hasFrame} className="edge-button">
            <ChevronFirst />
          </CommandButton>
          <CommandButton command="previousEvent" isDisabled={!hasFrame}>
            <SkipBack />
          </CommandButton>
          <CommandButton command="stepBack" isDisabled={!hasFrame}>
            <ChevronLeft />
          </CommandButton>
          <PlayButton isDisabled={!hasFrame} />
          <CommandButton command="stepForward" isDisabled={!hasFrame}>
            <ChevronRight />
          </CommandButton>
          <CommandButton command="nextEvent" isDisabled={!hasFrame}>
            <SkipForward />
          </CommandButton>
          <CommandButton command="end" isDisabled={!hasFrame} className="edge-button">
            <ChevronLast />
          </CommandButton>
        </div>
        <Position isShort={layout === 'phone'} />
        <CommandButton command="compare" isDisabled={!hasFrame}>
          <GitFork />
        </CommandButton>
        <Speed />
      </div>
      <div className="transport-overview">
        <Overview />
        {hasBookmarks && <Flags />}
      </div>
    </section>
  );
}

function PlayButton({ isDisabled }: { readonly isDisabled: boolean }) {
  const t = useT();
  const session = useSession();
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  return (
    <IconButton
      className="play-button"
      label={t(isPlaying ? 'transport.pause' : 'transport.play')}
      shortcuts={commandOf('play').shortcuts}
      isDisabled={isDisabled}
      onPress={() => session.toggle()}
    >
      {isPlaying ? <Pause /> : <Play />}
    </IconButton>
  );
}

/** "Step 412 of 3,180" and the simulated time, at reading pace. */
function Position({ isShort }: { readonly isShort: boolean }) {
  const t = useT();
  const format = useFormat();
  const { frame } = useReadable((s) => s);
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const summary = useStore(runStore, (s) => s.result?.summary);
  if (summary === undefined) return <p className="position" />;
  // Numbered from 0, as in links and in the other panels.
  const shown = frame === null || frame.step < 0 ? '–' : format.count(frame.step);
  return (
    <p className="position">
      <span>{isShort ? shown : t('transport.step', { step: shown, steps: format.count(summary.steps) })}</span>
      <span className="position-time">{format.clock(frame?.nowUs ?? 0)}</span>
      {isPlaying && <Sampled isShort={isShort} />}
    </p>
  );
}

function Speed() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const speed = useStore(playbackStore, (s) => s.speed);
  return (
    <div className="speed">
      <Slider
        label={t('transport.speed')}
        value={speed}
        min={slowest}
        max={fastest}
        step={slowest}
        scale="log"
        format={(value) => (value >= 1 ? `×${format.number(value, 1)}` : `×1/${format.number(1 / value, 0)}`)}
        onChange={(value) => session.setSpeed(value)}
      />
    </div>
  );
}
