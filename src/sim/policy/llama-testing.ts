import fc from 'fast-check';
import type { EngineConfig } from '../engine-config.ts';
import type { LlamaMemory } from '../memory/llama-cells.ts';
import type { OwnershipChecker } from '../memory/ownership.ts';
import type { SpeculationConfig } from '../phase/speculation.ts';
import type { Simulation } from '../simulation.ts';
import type { LlamaCppSettings } from './llama-cpp.ts';

/** Settings of llama.cpp's server with which every rule gets its turn in small runs. */
export const llamaArb = fc.record({
  cells: fc.integer({ min: 100, max: 600 }),
  slots: fc.integer({ min: 1, max: 4 }),
  isUnified: fc.boolean(),
  isContinuous: fc.boolean(),
  cachesPrompts: fc.constantFrom(true, true, false),
  cacheReuse: fc.constantFrom(0, 0, 5),
  slotPromptSimilarity: fc.constantFrom(0, 0.1, 0.5),
  shiftsContext: fc.boolean(),
  keep: fc.constantFrom(0, 10, -1),
  draftMin: fc.constantFrom(0, 2),
});
export type LlamaSample = typeof llamaArb extends fc.Arbitrary<infer T> ? T : never;

/** What llama.cpp has otherwise than the configuration of a small run. */
export function llamaConfig(
  { cells, slots, ...settings }: LlamaSample,
  speculation: SpeculationConfig | null,
  hostBlocks: number,
): Partial<EngineConfig> {
  const own: Partial<LlamaCppSettings> = settings;
  return {
    memory: 'own',
    blockSize: 1,
    numBlocks: 1 + cells,
    maxModelLen: Math.floor(cells / (settings.isUnified ? 1 : slots)),
    maxNumSeqs: slots,
    settings: own,
    speculation,
    hostBlocks,
    hostLinkBytesPerS: 1e9,
    kvBytesPerBlock: 200_000,
  };
}

/** Tells a checker, in the middle of a run, whose the cells are. */
export function adoptCells(simulation: Simulation, memory: LlamaMemory, checker: OwnershipChecker): void {
  for (let cell = 1; cell <= memory.usableBlocks; cell++) checker.adopt(cell, 0, memory.isCached(cell));
  for (let r = 0; r < simulation.arrived; r++) for (const cell of cellsOf(simulation, r)) checker.adopt(cell, 1, false);
}

/** Each cell is empty, kept by an idle slot or held by a request, and no slot has more than its context. */
export function checkCells(simulation: Simulation, memory: LlamaMemory, ownership: OwnershipChecker): void {
  const { config, policy } = simulation.engine;
  let kept = 0;
  for (let slot = 0; slot < config.maxNumSeqs; slot++) kept += memory.cachedOf(slot).length;
  let cached = 0;
  for (let cell = 1; cell <= memory.usableBlocks; cell++) {
    if (!memory.isCached(cell)) continue;
    cached++;
    assert(ownership.stateOf(cell) === 'cached', `cell ${cell} is cached, followed as ${ownership.stateOf(cell)}`);
  }
  assert(kept === cached, `slots keep ${kept} tokens in ${cached} cells`);
  assert(memory.emptyCells + cached === memory.freeBlocks, 'cells are lost');
  for (const r of policy.running) {
    const cells = cellsOf(simulation, r).length;
    assert(memory.requestOf(memory.slotOfRequest(r)) === r, `request ${r} and its slot do not know each other`);
    assert(cells === memory.tokensOf(r), `request ${r} has ${memory.tokensOf(r)} tokens in ${cells} cells`);
    assert(cells <= memory.slotContext, `request ${r} has ${cells} tokens in a context of ${memory.slotContext}`);
  }
  const { promptCache } = memory;
  if (promptCache === null) return;
  const fits = promptCache.entries.length <= 1 || promptCache.tokens <= promptCache.capacityTokens;
  assert(fits, `${promptCache.tokens} tokens are saved, ${promptCache.capacityTokens} fit`);
}

/** The cells of a request, without the places of what a context shift has dropped. */
function cellsOf({ engine }: Simulation, request: number): number[] {
  const { tables, tableLength } = engine.sequences;
  if (tableLength[request] === 0) return [];
  return Array.from(tables[request].subarray(0, tableLength[request])).filter((cell) => cell > 0);
}

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
