/** One rule of an engine, broken on purpose. */
export interface Mutation {
  /** The rule, as it should be. */
  readonly rule: string;
  /** Source file, below `src/sim`. */
  readonly file: string;
  /** Text that occurs in it exactly once, and what stands there instead. */
  readonly find: string;
  readonly replace: string;
  /** A recorded run that notices. */
  readonly run: string;
}

const policy = 'policy/vllm.ts';
const paged = 'memory/paged.ts';
const keyChains = 'memory/key-chains.ts';
const index = 'memory/prefix-index.ts';
const speculation = 'phase/speculation.ts';
const encoder = 'phase/encoder.ts';
const connector = 'phase/connector.ts';
const cadence = 'phase/cadence.ts';
const window = 'memory/sliding-window.ts';

/** The rules that the recorded runs are known to guard. */
export const mutations: readonly Mutation[] = [
  {
    rule: 'a request that its batch in flight surely ends gets no further step',
    file: policy,
    find: 'done + 2 - inFlight >= prompt + outputLimit[request]',
    replace: 'done + 1 - inFlight >= prompt + outputLimit[request]',
    run: '02_async_default_a',
  },
  {
    rule: 'a long prompt is cut to the threshold',
    file: policy,
    find: 'override.cap(request, wanted);\n      if (threshold > 0 && tokens > threshold) tokens = threshold;',
    replace: 'override.cap(request, wanted);',
    run: '08_long_prefill_a',
  },
  {
    rule: 'no input position reaches max_model_len',
    file: policy,
    find: 'config.maxModelLen - 1 - done',
    replace: 'config.maxModelLen - done',
    run: '25_max_model_len_a',
  },
  {
    rule: 'the victim is the request admitted last',
    file: policy,
    find: 'let last = running[running.length - 1];',
    replace: 'let last = running[0];',
    run: '09_preempt_mild_a',
  },
  {
    rule: 'a victim gives back the tokens it got in this step',
    file: policy,
    find: 'this.budget += batch.tokens[i];',
    replace: '',
    run: '40_priority_budget_a',
  },
  {
    rule: 'nobody is admitted in a step that preempted somebody',
    file: policy,
    find: 'if (batch.preemptions === 0) this.admit',
    replace: 'if (batch.preemptions >= 0) this.admit',
    run: '27_no_reserve_a',
  },
  {
    rule: 'without chunking a prompt that does not fit stops admission',
    file: policy,
    find: 'if (!config.enableChunkedPrefill) {',
    replace: 'if (false) {',
    run: '03_nochunk_a',
  },
  {
    rule: 'the watermark is waived while nothing runs',
    file: policy,
    find: 'return this.running.length > 0 && !this.isForced ? this.watermarkBlocks : 0;',
    replace: 'return this.watermarkBlocks;',
    run: '39_watermark_idle_a',
  },
  {
    rule: 'the whole prompt must fit at admission',
    file: paged,
    find: 'if (wholePrompt) {',
    replace: 'if (false) {',
    run: '10_preempt_mid_a',
  },
  {
    rule: 'freed blocks without a key are taken first',
    file: paged,
    find: 'if (this.isCached(block)) pool.appendFree',
    replace: 'if (true) pool.appendFree',
    run: '09_preempt_mild_a',
  },
  {
    rule: 'the last block of a table is the first to be taken again',
    file: paged,
    find: 'anchor = block;',
    replace: '',
    run: '09_preempt_mild_a',
  },
  {
    rule: 'a block that is taken loses its key',
    file: paged,
    find: 'if (this.caching) this.uncache(this.pool.first);',
    replace: '',
    run: '14_apc_evict_a',
  },
  {
    rule: 'the last token is never taken from the cache',
    file: paged,
    find: '(this.sequences.known(request) - 1) / this.blockSize',
    replace: 'this.sequences.known(request) / this.blockSize',
    run: '15_apc_full_hit_a',
  },
  {
    rule: 'a hit takes the block registered first',
    file: index,
    find: 'return this.head[node];',
    replace: 'return this.tail[node];',
    run: '15_apc_full_hit_a',
  },
  {
    rule: 'a cache salt keeps equal prompts apart',
    file: keyChains,
    find: 'keys.length === 0 && requests.cacheSalt[request] !== 0',
    replace: 'false',
    run: '15_apc_full_hit_a',
  },
  {
    rule: 'images are part of the key of the blocks they overlap',
    file: keyChains,
    find: 'if (position < end && position + tokens > start) {',
    replace: 'if (false) {',
    run: '22_mm_a',
  },
  {
    rule: 'blocks are registered when they are scheduled, before they are computed',
    file: policy,
    find: 'memory.cache(request, Math.min(before + tokens, known));',
    replace: 'memory.cache(request, before);',
    run: '15_apc_full_hit_a',
  },
  {
    rule: 'drafts do not fill blocks for the cache',
    file: policy,
    find: 'memory.cache(request, Math.min(done + tokens, known - inFlight));',
    replace: 'memory.cache(request, done + tokens);',
    run: '19_spec_eagle_sync_a',
  },
  {
    rule: 'with overlapping steps a block is registered when its last token is known',
    file: policy,
    find: '-= delivered;\n        memory.cache(request, sequences.computed[request] - sequences.placeholders[request]);',
    replace: '-= delivered;',
    run: '43_async_evict_a',
  },
  {
    rule: 'preempted requests wait for their output in flight',
    file: policy,
    find: 'return isInFlight ? Because.inFlight : Because.none;',
    replace: 'return Because.none;',
    run: '37_pp_async_a',
  },
  {
    rule: 'in a pipeline a request samples only every so many calls',
    file: cadence,
    find: 'return this.decodeCadence <= 1 || this.calls >= (this.eligible.get(request) ?? 0);',
    replace: 'return true;',
    run: '37_pp_async_a',
  },
  {
    rule: 'a throttled step admits no prefill',
    file: policy,
    find: 'if (this.sparesPrefills && before < known - 1) {',
    replace: 'if (false) {',
    run: '34_dp_throttle_a',
  },
  {
    rule: 'a throttled step goes on with no prefill',
    file: policy,
    find: ': this.sparesPrefills && sequences.isChunk[request] === 1',
    replace: ': false',
    run: '34_dp_throttle_a',
  },
  {
    rule: 'prefills are not throttled while the last unthrottled step left somebody waiting',
    file: cadence,
    find: 'this.leftWaiting = isAnybodyWaiting;',
    replace: '',
    run: '34_dp_throttle_a',
  },
  {
    rule: 'rejected drafts count as never computed',
    file: policy,
    find: 'sequences.computed[request] -= rejected;',
    replace: '',
    run: '18_spec_ngram_a',
  },
  {
    rule: 'drafts in flight are placeholders too',
    file: policy,
    find: 'placeholders[request] += 1 + drafts;',
    replace: 'placeholders[request] += 1;',
    run: '20_spec_eagle_async_a',
  },
  {
    rule: 'EAGLE gets blocks for its next drafts',
    file: speculation,
    find: 'return { tokens, lookahead: tokens, slots: parallelDrafting ? tokens - 1 : 0, dropsLastHit: true, shift: 1 };',
    replace: 'return { tokens, lookahead: 0, slots: 0, dropsLastHit: true, shift: 1 };',
    run: '45_spec_preempt_a',
  },
  {
    rule: 'EAGLE computes the last block of a hit again',
    file: paged,
    find: 'return this.dropsLastHit && hits > 0 ? hits - 1 : hits;',
    replace: 'return hits;',
    run: '19_spec_eagle_sync_a',
  },
  {
    rule: 'a draft model takes one more input token for every request',
    file: speculation,
    find: 'slots: parallelDrafting ? tokens : 1',
    replace: 'slots: 0',
    run: '21_spec_draft_model_a',
  },
  {
    rule: 'a request with one token left joins verifying requests with as many tokens as they have',
    file: policy,
    find: 'if (mayPad && tokens === 1) {',
    replace: 'if (false) {',
    run: '36_spec_pad_a',
  },
  {
    rule: 'an image is released when its tokens are computed, not when the request ends',
    file: encoder,
    find: 'if (start + tokens + this.shift <= position) this.drop(request, hash, tokens);',
    replace: '',
    run: '22_mm_a',
  },
  {
    rule: 'an image dropped and encoded again in one step is not reported as dropped',
    file: encoder,
    find: 'if (dropped >= 0) this.evicted.splice(dropped, 1);',
    replace: '',
    run: '46_mm_preempt_a',
  },
  {
    rule: 'room for an image may be made by dropping released ones',
    file: encoder,
    find: 'if (size > this.freeable) return false;',
    replace: 'return false;',
    run: '22_mm_a',
  },
  {
    rule: 'a chunk ends before an image that has no room',
    file: encoder,
    find: 'if (size > budget || !this.makeRoom(wanted + size)) return Math.max(0, position - seen);',
    replace: 'if (size > budget || !this.makeRoom(wanted + size)) return 0;',
    run: '22_mm_a',
  },
  {
    rule: 'an image that may not be chunked is computed in one step',
    file: encoder,
    find: 'if (this.config.disableChunkedInput && ',
    replace: 'if (false && ',
    run: '23_mm_nochunk_a',
  },
  {
    rule: 'a request that is not admitted gives its references up',
    file: policy,
    find: 'if (encoder !== null) encoder.release(request);',
    replace: '',
    run: '46_mm_preempt_a',
  },
  {
    rule: 'a load must fit beside what prefills in flight still need',
    file: connector,
    find: 'for (const request of this.prefills) blocks += this.memory.missingBlocks(request);',
    replace: '',
    run: '41_pd_reserve_a',
  },
  {
    rule: 'the last token of a loaded prompt is computed again',
    file: policy,
    find: 'sequences.computed[request]--;',
    replace: '',
    run: '32_pd_decode_a',
  },
  {
    rule: 'a request is offered the KV of its prompt once',
    file: connector,
    find: ' && !this.offered.has(request)',
    replace: '',
    run: '41_pd_reserve_a',
  },
  {
    rule: 'the blocks of an aborted load are freed when the load is there',
    file: policy,
    find: 'if (!isOnItsWay) this.release(request, true);',
    replace: 'this.release(request, true);',
    run: '38_pd_priority_a',
  },
  {
    rule: 'the better of the two queues is served first',
    file: policy,
    find: 'return this.queue.isBefore(this.queue.head(), this.skipped.head()) ? this.queue : this.skipped;',
    replace: 'return this.skipped;',
    run: '38_pd_priority_a',
  },
  {
    rule: 'a prefill instance keeps the blocks until they are sent',
    file: connector,
    find: "if (this.config.role !== 'producer' || !isLength) return false;",
    replace: 'return false;',
    run: '33_pd_prefill_a',
  },
  {
    rule: 'a block goes when the window has wholly passed it',
    file: window,
    find: '(tokens - this.window + 1) / this.blockSize',
    replace: '(tokens - this.window) / this.blockSize',
    run: '35_sliding_window_a',
  },
  {
    rule: 'with a window a prompt needs only as many blocks as it can hold at once',
    file: paged,
    find: 'return this.window === null ? blocks : Math.min(blocks, this.window.mostBlocks);',
    replace: 'return blocks;',
    run: '35_sliding_window_a',
  },
];
