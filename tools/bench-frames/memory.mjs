// Whether memory stays flat while the page plays: what is left after a garbage collection, minute by minute.

/** Plays for so many minutes, from the start again at the end; returns the samples and how much they grow a minute. */
export async function measureMemory(page, minutes, speed, say) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const askWorker = await workerOf(devtools);
  await page.evaluate(playOn, { speed });
  const samples = [];
  for (let minute = 0; minute <= minutes; minute++) {
    if (minute > 0) await page.waitForTimeout(60_000);
    samples.push({ minute, ...(await sample(page, devtools, askWorker)) });
    const s = samples.at(-1);
    say(
      `minute ${String(minute).padStart(2)}: page ${megabytes(s.page)}, its buffers ${megabytes(s.pageBuffers)}, worker ${megabytes(s.worker)}, ` +
        `${s.nodes} nodes, ${s.listeners} listeners, ${s.steps} steps shown`,
    );
  }
  await page.evaluate(() => window.__benchStop());
  // What is compiled and cached in the first minute is not growth.
  const slopes = Object.fromEntries(
    ['page', 'pageBuffers', 'worker', 'nodes', 'listeners'].map((name) => [name, slope(samples.slice(1), name)]),
  );
  say(
    `growth a minute: page ${megabytes(slopes.page)}, its buffers ${megabytes(slopes.pageBuffers)}, worker ${megabytes(slopes.worker)}, ` +
      `${slopes.nodes.toFixed(1)} nodes, ${slopes.listeners.toFixed(1)} listeners`,
  );
  return { samples, slopes };
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;

async function sample(page, devtools, askWorker) {
  // A second collection takes what the first one's finalisers let go.
  for (let i = 0; i < 2; i++) {
    await devtools.send('HeapProfiler.collectGarbage');
    await askWorker('HeapProfiler.collectGarbage');
  }
  const worker = await askWorker('Runtime.getHeapUsage');
  const { usedSize, backingStorageSize = 0 } = await devtools.send('Runtime.getHeapUsage');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const metric = (name) => metrics.find((each) => each.name === name)?.value ?? 0;
  return {
    page: usedSize,
    pageBuffers: backingStorageSize,
    worker: worker.usedSize + (worker.backingStorageSize ?? 0),
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
    steps: await page.evaluate(() => window.__benchSteps),
  };
}

/** Attaches to the simulation worker; the returned function asks its DevTools. */
async function workerOf(devtools) {
  const answers = new Map();
  let attached = () => {};
  const session = new Promise((resolve) => {
    attached = resolve;
  });
  devtools.on(
    'Target.attachedToTarget',
    ({ sessionId, targetInfo }) => targetInfo.type === 'worker' && attached(sessionId),
  );
  devtools.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message);
    answers.get(id)?.(result);
    answers.delete(id);
  });
  await devtools.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const sessionId = await session;
  let lastId = 0;
  return async (method) => {
    lastId += 1;
    const answer = new Promise((resolve) => answers.set(lastId, resolve));
    await devtools.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id: lastId, method }) });
    return answer;
  };
}

/** In the page: plays, and at the end begins again; `__benchStop` ends that. */
function playOn({ speed }) {
  const { session, playback } = window.__tokenyard;
  session.setSpeed(speed);
  window.__benchSteps = 0;
  const stop = playback.subscribe(({ frame, isPlaying }, before) => {
    if (frame !== before.frame) window.__benchSteps += 1;
    if (before.isPlaying && !isPlaying) setTimeout(again);
  });
  const again = () => {
    if (playback.getState().isPlaying) return;
    session.seekTime(0);
    session.play();
  };
  window.__benchStop = () => {
    stop();
    session.pause();
  };
  session.play();
}

/** Least squares over the minutes. */
function slope(samples, name) {
  const mean = (of) => samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
  const minute = mean((each) => each.minute);
  const value = mean((each) => each[name]);
  const spread = samples.reduce((sum, each) => sum + (each.minute - minute) ** 2, 0);
  return samples.reduce((sum, each) => sum + (each.minute - minute) * (each[name] - value), 0) / (spread || 1);
}
