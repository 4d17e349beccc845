import { createBatchShape, fillWithPrompt } from '../gpu/cost.ts';
import type { RequestTable } from '../request.ts';
import type { Fleet } from './fleet.ts';
import type { Role } from './fleet-config.ts';
import type { MixedPoolView } from './mixed-pool.ts';
import type { Load } from './reports.ts';
import type { FleetView } from './router.ts';

/** The instances of a fleet, as routers and the mixed pool see them. */
export class InstancesView implements FleetView, MixedPoolView {
  protected readonly fleet: Fleet;
  /** Of the step that `prefillUs` asks for. */
  private readonly shape = createBatchShape(1);

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  get count(): number {
    return this.fleet.count;
  }

  get requests(): RequestTable {
    return this.fleet.source.requests;
  }

  get roles(): readonly Role[] {
    return this.fleet.roles;
  }

  isOpen(instance: number): boolean {
    return this.fleet.isOpen(instance);
  }

  inFlight(instance: number): number {
    return this.fleet.lifeOf(instance)?.inFlight ?? 0;
  }

  tokens(instance: number): number {
    return this.fleet.lifeOf(instance)?.tokens ?? 0;
  }

  waiting(instance: number): number {
    return this.loadOf(instance)?.waiting ?? 0;
  }

  running(instance: number): number {
    return this.loadOf(instance)?.running ?? 0;
  }

  kvUse(instance: number): number {
    return this.loadOf(instance)?.kvUse ?? 0;
  }

  private loadOf(instance: number): Load | null {
    const { reports } = this.fleet;
    return reports === null ? this.fleet.lifeOf(instance) : reports.of(instance);
  }

  tokensAhead(instance: number): number {
    return this.fleet.lifeOf(instance)?.tokensAhead ?? 0;
  }

  cachedTokens(instance: number, request: number): number {
    return this.fleet.lifeOf(instance)?.simulation.engine.memory.cachedTokens?.(this.requests, request) ?? 0;
  }

  storedTokens(request: number): number {
    return this.fleet.store?.storedTokens(this.requests, request, this.fleet.nowUs) ?? 0;
  }

  fetchUs(instance: number, from: number, to: number): number {
    return this.fleet.store?.fetchUs(instance, from, to, this.fleet.nowUs) ?? Number.POSITIVE_INFINITY;
  }

  roomTokens(instance: number): number {
    const memory = this.fleet.lifeOf(instance)?.simulation.engine.memory;
    return memory === undefined ? 0 : memory.usableBlocks * memory.blockSize;
  }

  draw(request: number): number {
    return 2 * this.fleet.fates.tries[request];
  }

  prefillUs(instance: number, newTokens: number, cachedTokens: number): number {
    fillWithPrompt(this.shape, newTokens, cachedTokens);
    return this.fleet.config.instances[instance].cost.stepUs(this.shape);
  }
}
