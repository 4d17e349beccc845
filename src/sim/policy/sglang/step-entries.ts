import { type Batch, EntryFlag } from '../../batch.ts';
import type { KvMemory } from '../../memory/memory.ts';
import type { Sequences } from '../../sequences.ts';
import { graphRows } from './cuda-graph.ts';

/** Writes who computes what into a step, and books it: tokens count as computed from when they are scheduled. */
export class StepEntries {
  private readonly sequences: Sequences;
  private readonly memory: KvMemory;

  constructor(sequences: Sequences, memory: KvMemory) {
    this.sequences = sequences;
    this.memory = memory;
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
    this.advance(request, tokens);
  }

  /** The next token of a request that has its slot. */
  addDecode(batch: Batch, request: number): void {
    const { computed, preemptions } = this.sequences;
    const before = computed[request];
    const newBlocks = before % this.memory.blockSize === 0 ? 1 : 0;
    batch.push(request, 1, before, newBlocks, preemptions[request], EntryFlag.samples);
    const { shape } = batch;
    batch.decodeTokens++;
    shape.tokens++;
    shape.samples++;
    shape.decodes++;
    shape.decodeContextSum += before + 1;
    if (before + 1 > shape.decodeContextMax) shape.decodeContextMax = before + 1;
    this.advance(request, 1);
  }

  /** Fills a step of decodes up to the size of a captured graph. A padded row attends to one token. */
  pad(batch: Batch, cudaGraphMaxBs: number): void {
    const rows = graphRows(batch.count, cudaGraphMaxBs) - batch.count;
    const { shape } = batch;
    shape.tokens += rows;
    shape.samples += rows;
    shape.decodes += rows;
    shape.decodeContextSum += rows;
    batch.paddingTokens += rows;
  }

  private advance(request: number, tokens: number): void {
    const { computed, computedPeak, inFlight } = this.sequences;
    const after = computed[request] + tokens;
    computed[request] = after;
    if (after > computedPeak[request]) computedPeak[request] = after;
    inFlight[request] += tokens;
    this.memory.filled(tokens);
  }
}
