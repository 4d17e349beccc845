import {
  BlockState,
  type DecisionColumns,
  type Frame,
  type MemorySplit,
  type PoolColumns,
  type QueueColumns,
  type RunningColumns,
  type WorkColumns,
} from '../protocol/frame.ts';
import { DecisionKind } from '../sim/decision.ts';
import type { DecisionLog } from '../sim/decision-log.ts';
import type { OperatorTime } from '../sim/gpu/cost.ts';
import { reservedTokens } from '../sim/memory/reserved.ts';
import { Status } from '../sim/request.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { Cursor } from './cursor.ts';

/** Pools up to this size send every block table. */
const SMALL_POOL = 4096;
/** Steps whose work is told: as many points as can be told apart. */
const WORK_STEPS = 50;
/** Most waiting requests listed. */
const MOST_WAITING = 200;

/** Reads everything the panels need from where the cursor stands. */
export function readFrame(cursor: Cursor, selected: number, windowSteps: number, lastStep: number): Frame {
  const { simulation, step } = cursor;
  const { engine } = simulation;
  const nowUs = step >= 0 ? cursor.batch.endUs : simulation.nowUs;
  const pool = readPool(simulation);
  return {
    step,
    nowUs,
    isLast: step === lastStep,
    window: cursor.ring.window(windowSteps),
    ...readWork(cursor, Math.min(WORK_STEPS, windowSteps)),
    decisions: readDecisions(engine.decisions),
    queue: readQueue(simulation, nowUs),
    running: readRunning(simulation, selected),
    pool,
    memory: splitMemory(simulation, pool),
    arrived: simulation.arrived,
    finished: simulation.finished,
    rejected: simulation.rejected,
    preemptions: simulation.preemptions,
    tokensOut: engine.clock.delivered,
    tunedBudget: engine.config.tuning?.what === 'token-budget' ? engine.limits.maxNumBatchedTokens : null,
  };
}

function readWork({ ring, simulation }: Cursor, steps: number): Pick<Frame, 'operators' | 'work'> {
  const operators = ring.operators(simulation.cost, steps);
  const sums = (of: (time: OperatorTime) => number): Float64Array =>
    Float64Array.from(operators, (times) => times.reduce((sum, time) => sum + of(time), 0));
  const work: WorkColumns = {
    count: operators.length,
    firstStep: ring.lastStep - operators.length + 1,
    us: sums((time) => time.us),
    flops: sums((time) => time.flops),
    bytes: sums((time) => time.bytes),
  };
  return { operators: operators.at(-1) ?? [], work };
}

function readDecisions(log: DecisionLog): DecisionColumns {
  const { count } = log;
  return {
    count,
    kind: log.kind.slice(0, count),
    request: log.request.slice(0, count),
    because: log.because.slice(0, count),
    need: log.need.slice(0, count),
    have: log.have.slice(0, count),
    other: log.other.slice(0, count),
  };
}

function readQueue(simulation: Simulation, nowUs: number): QueueColumns {
  const { policy, sequences } = simulation.engine;
  const { requests, status, generated } = sequences;
  const listed = policy.waiting().slice(0, MOST_WAITING);
  return {
    count: policy.waitingCount,
    request: Int32Array.from(listed),
    promptTokens: Int32Array.from(listed, (r) => requests.promptTokens[r]),
    waitedUs: Float64Array.from(listed, (r) => nowUs - requests.arrivalUs[r]),
    preempted: Uint8Array.from(listed, (r) => (status[r] === Status.preempted ? 1 : 0)),
    generated: Int32Array.from(listed, (r) => generated[r]),
  };
}

function readRunning(simulation: Simulation, selected: number): RunningColumns {
  const { policy, sequences, memory } = simulation.engine;
  const { requests, computed, generated, tableLength, tables } = sequences;
  const { running } = policy;
  const hasAllTables = memory.usableBlocks <= SMALL_POOL;
  const blockStart = new Int32Array(running.length + 1);
  running.forEach((r, i) => {
    blockStart[i + 1] = blockStart[i] + (hasAllTables || r === selected ? tableLength[r] : 0);
  });
  const blocks = new Int32Array(blockStart[running.length]);
  running.forEach((r, i) => {
    const length = blockStart[i + 1] - blockStart[i];
    // Positions in the pool's columns: block 0, the null block, is not among them.
    for (let b = 0; b < length; b++) blocks[blockStart[i] + b] = tables[r][b] - 1;
  });
  return {
    count: running.length,
    request: Int32Array.from(running),
    promptTokens: Int32Array.from(running, (r) => requests.promptTokens[r]),
    computed: Int32Array.from(running, (r) => computed[r]),
    generated: Int32Array.from(running, (r) => generated[r]),
    prefilling: Uint8Array.from(running, (r) => (isPrefilling(simulation, r) ? 1 : 0)),
    blockStart,
    blocks,
    tables: hasAllTables,
  };
}

/** Whether the step shown computes the request's prompt, or its KV again. */
function isPrefilling(simulation: Simulation, request: number): boolean {
  const { computed, generated, requests } = simulation.engine.sequences;
  return computed[request] < requests.promptTokens[request] + generated[request] || generated[request] === 0;
}

function readPool(simulation: Simulation): PoolColumns {
  const { memory, policy, sequences } = simulation.engine;
  const { blockSize, usableBlocks: count } = memory;
  const state = new Uint8Array(count);
  const owner = new Int32Array(count).fill(-1);
  const fill = new Uint16Array(count);
  const references = new Uint8Array(count);
  const turn = new Uint8Array(count);
  // Whoever waits holds blocks only if its KV is loaded from elsewhere.
  const holders = [...policy.running, ...policy.waiting().filter((r) => sequences.tableLength[r] > 0)];
  for (const request of holders) {
    const table = sequences.tables[request];
    const length = sequences.tableLength[request];
    const tokens = sequences.computed[request];
    const isIdle = sequences.status[request] === Status.finished || sequences.status[request] === Status.aborted;
    const own = isIdle ? BlockState.idle : isPrefilling(simulation, request) ? BlockState.prefill : BlockState.decode;
    for (let i = 0; i < length; i++) {
      const block = table[i] - 1;
      // Block 0, the null block, stands where a sliding window has left one behind.
      if (block < 0) continue;
      if (references[block] < 255) references[block]++;
      if (owner[block] >= 0) {
        state[block] = BlockState.shared;
        continue;
      }
      const filled = Math.min(blockSize, Math.max(0, tokens - i * blockSize));
      owner[block] = request;
      fill[block] = filled;
      state[block] = filled === 0 && !isIdle ? BlockState.reserved : own;
    }
  }
  for (let block = 0; block < count; block++) {
    if (owner[block] < 0 && memory.isCached(block + 1)) {
      state[block] = BlockState.cached;
      fill[block] = blockSize;
    }
  }
  const { freeBlocks } = memory;
  memory.eachFree?.((block, at) => {
    turn[block - 1] = 1 + Math.floor((254 * at) / freeBlocks);
  });
  return { count, blockSize, state, owner, fill, references, turn, hits: readHits(simulation) };
}

/** The first blocks of whoever was admitted in the step, as far as its tokens were found in the prefix cache. */
function readHits(simulation: Simulation): Int32Array {
  const { decisions, memory, sequences } = simulation.engine;
  const hits = new Set<number>();
  for (let i = 0; i < decisions.count; i++) {
    if (decisions.kind[i] !== DecisionKind.admit && decisions.kind[i] !== DecisionKind.resume) continue;
    const request = decisions.request[i];
    const found = Math.min(Math.floor(decisions.have[i] / memory.blockSize), sequences.tableLength[request]);
    for (let at = 0; at < found; at++) {
      // Block 0 is the null block: see above.
      const block = sequences.tables[request][at] - 1;
      if (block >= 0) hits.add(block);
    }
  }
  return Int32Array.from(hits);
}

/**
 * Useful, internal, reserved and external places as in the PagedAttention paper (arXiv 2309.06180, section 3.1):
 * reserved places will be used by their owner, internal ones never will, external ones are free, but in pieces too small for
 * the next request, or left over by an allocator that rounds up.
 */
function splitMemory(simulation: Simulation, pool: PoolColumns): MemorySplit {
  const { memory, policy } = simulation.engine;
  const { blockSize } = pool;
  const places = pool.count * blockSize;
  let useful = 0;
  let held = 0;
  let cached = 0;
  for (let block = 0; block < pool.count; block++) {
    if (pool.owner[block] >= 0) {
      held += blockSize;
      useful += pool.fill[block];
    } else if (pool.state[block] === BlockState.cached) cached += blockSize;
  }
  const reserved = Math.min(reservedTokens(simulation.engine), held - useful);
  const external = (memory.unusableBlocks?.(policy.waiting()[0] ?? -1) ?? 0) * blockSize;
  return {
    useful,
    internal: held - useful - reserved,
    reserved,
    external,
    cached,
    free: places - held - cached - external,
  };
}
