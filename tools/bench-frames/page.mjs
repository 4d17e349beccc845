// Functions that run in the page: `page.evaluate` takes their text, so each stands for itself.

/** Plays until `frames` steps have been shown; marks each, and every drawing, in the trace (with time stamps: a `performance.mark` leaves an object that has to be collected). Resolves to what was seen. */
export async function play({ frames, speed }) {
  const { session, playback, watchDraws, idle } = window.__tokenyard;
  const markOf = (canvas) => `draw ${canvas.closest('[data-panel]')?.dataset.panel ?? 'overview'}`;
  const first = playback.getState().frame;
  const seen = { frames: 0, steps: 0, blocks: first.pool.count, running: Number.POSITIVE_INFINITY, mostRunning: 0 };
  let draws = 0;
  watchDraws((canvas, draw) => {
    console.timeStamp(markOf(canvas));
    draw();
    console.timeStamp('drawn');
    draws += 1;
  });
  let last = first;
  session.setSpeed(speed);
  await new Promise((resolve) => {
    const stop = playback.subscribe(({ frame }) => {
      if (frame === last) return;
      console.timeStamp('shown');
      if (frame.step === last.step) throw new Error(`step ${frame.step} is shown again`);
      last = frame;
      seen.frames += 1;
      seen.running = Math.min(seen.running, frame.running.count);
      seen.mostRunning = Math.max(seen.mostRunning, frame.running.count);
      if (seen.frames < frames) return;
      stop();
      resolve();
    });
    session.play();
  });
  session.pause();
  await idle();
  watchDraws(null);
  return { ...seen, steps: last.step - first.step, drawsAFrame: draws / seen.frames };
}

/** The calibration loop of `npm run bench`, five rounds of it, marked in the trace. */
export function calibrate() {
  const cells = new Int32Array(1 << 16);
  for (let round = 0; round < 5; round++) {
    console.timeStamp('loop-from');
    let x = 0x9e3779b9 | 0;
    for (let i = 0; i < 10_000_000; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      cells[x & 0xffff] += x;
    }
    console.timeStamp('loop-to');
    cells[0] = x;
  }
}
