// What the page's main thread did, from a Chromium trace. All times are processor time of that thread, in milliseconds: other
// processes on the machine do not count. The page's scripts mark what is shown and drawn with `console.timeStamp`.

/** Categories that a trace needs for `framesOf`. */
export const categories = [
  'toplevel',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'v8',
  '__metadata',
];

/** Marks that `page.mjs` makes; after `draw` comes the panel. */
const marks = { shown: 'shown', draw: 'draw ', drawn: 'drawn', loopFrom: 'loop-from', loopTo: 'loop-to' };

/** Parts of a frame by the trace's events. One inside another, such as a layout that a script asks for, counts for its own part alone. */
const partOfEvent = new Map([
  ['HandlePostMessage', 'react'],
  ['FireAnimationFrame', 'frame loop'],
  ['TimerFire', 'timers'],
  ['UpdateLayoutTree', 'style'],
  ['Layout', 'layout'],
  ['PrePaint', 'paint'],
  ['Paint', 'paint'],
  ['Layerize', 'paint'],
  // Canvases hand their pictures over here.
  ['Commit', 'commit'],
  ['MinorGC', 'collecting'],
  ['MajorGC', 'collecting'],
  ['V8.GCIncrementalMarking', 'collecting'],
]);

/** Events of the page's main thread in the order in which they begin. */
function mainThread(traceEvents) {
  const started = traceEvents.find(({ name }) => name === 'TracingStartedInBrowser');
  const pid = started?.args.data.frames[0].processId;
  const isMain = (event) => event.name === 'thread_name' && event.args.name === 'CrRendererMain' && event.pid === pid;
  const tid = traceEvents.find(isMain)?.tid;
  const own = traceEvents.filter((event) => event.pid === pid && event.tid === tid && event.tts !== undefined);
  return own.map(named).sort((a, b) => a.ts - b.ts);
}

/** A mark of the page goes by its own name. */
function named(event) {
  return event.name === 'TimeStamp' ? { ...event, name: event.args.data.message } : event;
}

const ms = (event) => (event.tdur ?? 0) / 1000;

/**
 * The work from one shown step to the next: its message, what React makes of it, the drawings, style, layout and paint. A step is shown
 * where the page marks it; the task that does so begins the frame. What comes before the first and after the last is left out.
 */
export function framesOf(traceEvents) {
  const events = mainThread(traceEvents);
  const tasks = events.filter(({ name, ph }) => name === 'RunTask' && ph === 'X');
  const shown = events.filter(({ name }) => name === marks.shown);
  const frames = [];
  let next = 0;
  let at = 0;
  for (const task of tasks) {
    const end = task.ts + task.dur;
    if (next < shown.length && shown[next].ts < end) {
      frames.push({ total: 0, parts: {} });
      while (next < shown.length && shown[next].ts < end) next += 1;
    }
    while (at < events.length && events[at].ts < task.ts) at += 1;
    const first = at;
    while (at < events.length && events[at].ts < end) at += 1;
    const frame = frames.at(-1);
    if (frame === undefined) continue;
    frame.total += ms(task);
    addParts(frame.parts, events.slice(first, at));
  }
  return frames.slice(0, -1);
}

/** Adds each part's own time within one task: without that of the parts inside of it. */
function addParts(parts, events) {
  const add = (part, time) => {
    parts[part] = (parts[part] ?? 0) + time;
  };
  /** Parts that have begun and not ended, the innermost last. */
  const open = [];
  const begin = (part, from, endTs, time) => {
    while (open.length > 0 && open.at(-1).endTs <= from) open.pop();
    if (open.length > 0) add(open.at(-1).part, -time);
    add(part, time);
    open.push({ part, endTs });
  };
  events.forEach((event, i) => {
    const part = partOfEvent.get(event.name);
    if (part !== undefined && event.ph === 'X') begin(part, event.ts, event.ts + event.dur, ms(event));
    if (event.name === 'HandlePostMessage') {
      // The message is read until the step is shown; the rest is what React makes of it.
      const mark = events.slice(i).find(({ name, ts }) => name === marks.shown && ts < event.ts + event.dur);
      if (mark !== undefined) begin('message', event.ts, mark.ts, (mark.tts - event.tts) / 1000);
    }
    if (event.name.startsWith(marks.draw)) {
      const to = events.slice(i).find(({ name }) => name === marks.drawn);
      if (to !== undefined) begin(event.name, event.ts, to.ts, (to.tts - event.tts) / 1000);
    }
  });
}

/** Processor times of the loops that the page marks, one a round. */
export function loopsOf(traceEvents) {
  const events = mainThread(traceEvents).filter(({ name }) => name === marks.loopFrom || name === marks.loopTo);
  const times = [];
  for (let i = 0; i + 1 < events.length; i += 2) times.push((events[i + 1].tts - events[i].tts) / 1000);
  return times;
}
