import { beforeEach, describe, expect, it } from 'vitest';
import '../i18n/later-messages.ts';
import { translator } from '../i18n/i18n.ts';
import type { ChoiceKnob } from '../scenario/knob-entry.ts';
import { presetOf } from '../scenario/presets.ts';
import { choicesOf, knobEntry } from '../scenario/registry.ts';
import { thisGpu } from '../scenario/shared-knobs.ts';
import { withValue } from '../scenario/value.ts';
import { roughDevice } from '../sim/gpu/rough-device.ts';
import { createScenarioStore } from '../state/scenario.ts';
import type { Session } from '../state/session.ts';
import { formatsOf } from '../ui/use-format.ts';
import { chooseDevice } from './choose-device.ts';
import { fitWords } from './fit-words.ts';
import { uiStore } from './ui-store.ts';

const chat = presetOf('azure-chat').knobs;
const gpu = (gib: number) =>
  roughDevice({
    name: 'A laptop',
    bandwidthBytesPerS: 6e10,
    f32FlopsPerS: 2e12,
    memoryBytes: gib * 2 ** 30,
    dispatchUs: 20,
  });

/** As much of a session as choosing a device needs. */
function session(): Session {
  return { scenario: createScenarioStore(chat) } as unknown as Session;
}

describe('choosing a device', () => {
  beforeEach(() => uiStore.setState({ toast: '' }));

  it('changes nothing else where the model fits', async () => {
    const page = session();
    await chooseDevice(page, thisGpu, gpu(80));
    expect(page.scenario.getState().knobs).toEqual(withValue(chat, 'device', thisGpu));
    expect(uiStore.getState().toast).toBe('');
  });

  it('takes a model that fits, says so, and is one step to undo', async () => {
    const page = session();
    await chooseDevice(page, thisGpu, gpu(6));
    const { knobs, past } = page.scenario.getState();
    expect(knobs.device).toBe(thisGpu);
    expect(knobs).not.toMatchObject({ model: chat.model, 'weight-precision': undefined });
    expect(uiStore.getState().toast).toMatch(/^Llama-3[.]1-8B does not fit on A laptop; simulated instead: /);
    expect(past).toHaveLength(1);
    page.scenario.getState().undo();
    expect(page.scenario.getState().knobs).toBe(chat);
  });

  it('says where no model fits, and leaves the one that is there', async () => {
    const page = session();
    await chooseDevice(page, thisGpu, gpu(0.25));
    expect(page.scenario.getState().knobs.model).toBe(chat.model);
    expect(uiStore.getState().toast).toBe('No built-in model fits on A laptop.');
  });
});

describe('what the lists say', () => {
  const words = (name: string, gib: number | null) => {
    const entry = knobEntry(name) as ChoiceKnob;
    const knobs = withValue(chat, 'device', thisGpu);
    const profile = gib === null ? null : gpu(gib);
    const choices = choicesOf(entry, knobs);
    return fitWords(entry, choices, knobs, profile, translator('en'), formatsOf('en'));
  };

  it('is nothing of what fits, the precision in which it does, or what is missing', () => {
    const models = words('model', 12);
    expect(models.get('qwen2.5-0.5b')).toBeUndefined();
    expect(models.get('llama-3.1-8b')).toBe('fits in int4');
    expect(models.get('llama-3.1-70b')).toMatch(/GiB missing$/);
    const weights = words('weight-precision', 12);
    expect(weights.get('bf16')).toMatch(/GiB missing$/);
    expect(weights.get('int4')).toBeUndefined();
  });

  it('minds the GPUs that decode, and says which of those do not hold the model', () => {
    const split = { ...chat, replicas: 2, 'prefill-replicas': 1, 'decode-device': 'laptop-gpu' };
    const of = (name: string) => {
      const entry = knobEntry(name);
      if (entry.type !== 'choice') throw new Error('no list');
      return fitWords(entry, choicesOf(entry, split), split, null, translator('en'), formatsOf('en'));
    };
    expect(of('model').get('llama-3.1-8b')).toMatch(/GiB missing$/);
    expect(of('decode-device').get('laptop-gpu')).toMatch(/GiB missing$/);
    expect(of('decode-device').get('a100-40')).toBeUndefined();
    expect(of('decode-device').get('same')).toBeUndefined();
  });

  it('is nothing while this computer’s GPU has not been measured', () => {
    expect(words('model', null).size).toBe(0);
  });
});
