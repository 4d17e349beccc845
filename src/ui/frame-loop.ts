/** The only requestAnimationFrame loop of the page. Everything that draws or moves goes through it. */

export interface FrameLoop {
  /** Draws in the next frame. Asked again before that, only the newest `draw` of a key runs. */
  requestDraw(key: object, draw: () => void): void;
  /** A hidden key keeps its newest draw and runs it when it is shown again. */
  setVisible(key: object, isVisible: boolean): void;
  /** Drops what is pending and forgets the key. */
  cancelDraw(key: object): void;
  /** Calls `tick` in every frame, before the draws, until the returned function is called. */
  everyFrame(tick: (nowMs: number) => void): () => void;
  /** Resolves when nothing visible waits to be drawn. Ticks do not count: playing is not a debt. */
  drawn(): Promise<void>;
  /** Every draw from now on is made by `watcher`, which counts or times it; null ends that. */
  watchDraws(watcher: DrawWatcher | null): void;
}

export type DrawWatcher = (key: object, draw: () => void) => void;

/** `schedule` calls back once, at the next frame, with a time in milliseconds. */
export function createFrameLoop(schedule: (frame: (nowMs: number) => void) => void): FrameLoop {
  const pending = new Map<object, () => void>();
  const hidden = new Set<object>();
  const ticks = new Set<(nowMs: number) => void>();
  let waiters: (() => void)[] = [];
  let isScheduled = false;
  let watcher: DrawWatcher | null = null;

  const hasVisible = () => [...pending.keys()].some((key) => !hidden.has(key));

  function wake(): void {
    if (isScheduled || (ticks.size === 0 && waiters.length === 0 && !hasVisible())) return;
    isScheduled = true;
    schedule(runFrame);
  }

  function runFrame(nowMs: number): void {
    isScheduled = false;
    for (const tick of [...ticks]) tick(nowMs);
    for (const [key, draw] of [...pending]) {
      if (hidden.has(key)) continue;
      pending.delete(key);
      if (watcher === null) draw();
      else watcher(key, draw);
    }
    if (!hasVisible()) {
      const resolved = waiters;
      waiters = [];
      for (const resolve of resolved) resolve();
    }
    wake();
  }

  return {
    requestDraw(key, draw) {
      pending.set(key, draw);
      wake();
    },
    setVisible(key, isVisible) {
      if (isVisible) hidden.delete(key);
      else hidden.add(key);
      wake();
    },
    cancelDraw(key) {
      pending.delete(key);
      hidden.delete(key);
    },
    everyFrame(tick) {
      ticks.add(tick);
      wake();
      return () => ticks.delete(tick);
    },
    drawn() {
      return new Promise((resolve) => {
        waiters.push(resolve);
        wake();
      });
    },
    watchDraws(next) {
      watcher = next;
    },
  };
}

/** The loop of this page. */
export const frameLoop: FrameLoop = createFrameLoop((frame) => {
  requestAnimationFrame(frame);
});
