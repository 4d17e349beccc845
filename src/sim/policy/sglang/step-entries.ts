import { type Batch, EntryFlag } from '../../batch.ts';
import type { KvMemory } from '../../memory/memory.ts';
import type { EncoderWindows } from '../../phase/encoder.ts';
import { encodeTouched } from '../../phase/touched-images.ts';
import type { Sequences } from '../../sequences.ts';
import { addDecodeRows, addDrafter } from '../drafts.ts';
import { graphRows } from './cuda-graph.ts';

/** Writes who computes what into a step, and books it: tokens count as computed from when they are scheduled. */
export class StepEntries {
  private readonly sequences: Sequences;
  private readonly memory: KvMemory;
  private readonly encoder: EncoderWindows | null;

  constructor(sequences: Sequences, memory: KvMemory, encoder: EncoderWindows | null) {
    this.sequences = sequences;
    this.memory = memory;
    this.encoder = encoder;
  }

  /** Prompt tokens of a request that has its slots. `isLast`: with them its prompt is done, and a token is sampled. */
  addPrefill(batch: Batch, request: number, tokens: number, isNew: boolean, isLast: boolean): void {
    const { computed, computedPeak, preemptions, tableLength } = this.sequences;
    const before = computed[request];
    const again = Math.min(before + tokens, computedPeak[request]) - before;
    let flags: number = EntryFlag.prefill;
    if (isNew) {
      flags |= EntryFlag.admitted;
      batch.hitTokens += before;
    }
    if (isLast) {
      flags |= EntryFlag.samples;
      batch.shape.samples++;
    }
    if (again > 0) {
      flags |= EntryFlag.recompute;
      batch.recomputedTokens += again;
    }
    const hadBlocks = isNew ? 0 : Math.ceil(before / this.memory.blockSize);
    batch.push(request, tokens, before, tableLength[request] - hadBlocks, preemptions[request], flags);
    batch.addChunk(tokens, before);
    batch.prefillTokens += tokens;
    batch.shape.tokens += tokens;
    const images = this.sequences.requests.images.get(request);
    encodeTouched(batch.shape, images, this.encoder, before, tokens, isNew);
    this.advance(request, tokens, 0);
  }

  /** The next token of a request that has its slots, and the drafts that are verified with it. */
  addDecode(batch: Batch, request: number, drafts: number): void {
    const { computed, preemptions } = this.sequences;
    const { blockSize } = this.memory;
    const before = computed[request];
    const tokens = 1 + drafts;
    const newBlocks = Math.ceil((before + tokens) / blockSize) - Math.ceil(before / blockSize);
    batch.push(request, tokens, before, newBlocks, preemptions[request], EntryFlag.samples);
    batch.drafts[batch.count - 1] = drafts;
    batch.decodeTokens += tokens;
    addDecodeRows(batch.shape, before, drafts);
    // The drafts are made at the beginning of the step.
    if (drafts > 0) addDrafter(batch.shape, before);
    this.advance(request, tokens, drafts);
  }

  /** Fills a step of decodes up to the size of a captured graph. A padded row attends to one token. */
  pad(batch: Batch, cudaGraphMaxBs: number, drafts: number): void {
    const rows = graphRows(batch.count, cudaGraphMaxBs, drafts > 0) - batch.count;
    const tokens = rows * (1 + drafts);
    const { shape } = batch;
    shape.tokens += tokens;
    shape.samples += tokens;
    shape.decodes += rows;
    shape.decodeContextSum += rows;
    batch.paddingTokens += tokens;
  }

  private advance(request: number, tokens: number, drafts: number): void {
    const { computed, computedPeak, inFlight } = this.sequences;
    const after = computed[request] + tokens;
    computed[request] = after;
    if (after - drafts > computedPeak[request]) computedPeak[request] = after - drafts;
    inFlight[request] += tokens;
    this.memory.filled(tokens);
  }
}
