import { renderToStaticMarkup } from 'react-dom/server';
import { beforeAll, expect, it } from 'vitest';
import { runCommandLine } from '../cli/main.ts';
import { engineOf, registerEngine } from '../scenario/engines/engines.ts';
import { oneAtATime, oneAtATimePolicy } from '../scenario/engines/example.ts';
import { decode, encode } from '../scenario/link.ts';
import { presetOf } from '../scenario/presets.ts';
import { knobEntry } from '../scenario/registry.ts';
import { withChoice } from '../scenario/value.ts';
import { registerPolicy } from '../sim/policy/kinds.ts';
import { EngineList } from './EngineList.tsx';
import { knobOptions } from './KnobControl.tsx';
import { knobWords, loadWords } from './use-knob-words.ts';

// Both registrations are all that an engine takes; nothing else in the program knows of this one.
beforeAll(() => {
  registerPolicy(oneAtATimePolicy);
  registerEngine(oneAtATime);
});

const tiny = presetOf('tiny-paged').knobs;

async function cli(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(args, { out: (text) => (out += text), note: (line) => notes.push(line) });
  return { code, out, notes };
}

it('is in the menu, in both languages', () => {
  const entry = knobEntry('engine');
  if (entry.type !== 'choice') throw new Error('types changed');
  const option = (language: 'en' | 'zh') =>
    knobOptions(entry, tiny, knobWords(language)).find(({ value }) => value === 'one-at-a-time')?.label;
  expect(option('en')).toBe('One at a time');
  expect(option('zh')).toBe('逐个处理');
});

it('leaves a knob whose own value is called like the form for a thing of one’s own its words', async () => {
  await loadWords(engineOf('vllm'));
  const order = knobEntry('queue-order');
  const model = knobEntry('model');
  if (order.type !== 'choice' || model.type !== 'choice') throw new Error('types changed');
  const own = (entry: typeof order) =>
    knobOptions(entry, tiny, knobWords('en')).find(({ value }) => value === 'own')?.label;
  expect(own(model)).toBe('Your own…');
  expect(own(order)).toBe('The engine’s own');
});

it('is in the help of the page and of the command line', async () => {
  expect(renderToStaticMarkup(<EngineList words={knobWords('en')} chosen="one-at-a-time" />)).toContain(
    'Serves one request to its end',
  );
  for (const args of [['run', '--help'], ['engines'], ['engines', 'one-at-a-time']]) {
    expect((await cli(...args)).out).toContain('Serves one request to its end, then the next one.');
  }
});

it('goes through a link', () => {
  const knobs = withChoice(tiny, 'engine', 'one-at-a-time');
  const link = encode(knobs);
  expect(link).toContain('engine=one-at-a-time');
  expect(decode(link)).toMatchObject({ knobs, problems: [] });
});

it('runs from the command line, and is compared with the others', async () => {
  const { out, code } = await cli('run', 'tiny-paged', '--engine', 'one-at-a-time', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ engine: 'one-at-a-time', finished: 6, runningPeak: 1, preemptions: 0 });
  expect((await cli('compare', 'tiny-paged', '--engines', 'vllm,one-at-a-time')).out).toMatch(/one-at-a-time +6\/6/);
  const wrong = await cli('run', 'tiny-paged', '--engine', 'two-at-a-time');
  expect(wrong.notes.join()).toContain('one-at-a-time');
});
