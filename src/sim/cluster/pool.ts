import type { RequestTable } from '../request.ts';
import type { Fleet } from './fleet.ts';
import type { Role } from './fleet-config.ts';
import type { FleetView } from './router.ts';

/** The fleet as the router of one role sees it: the instances of other roles are not open, nor are those that its side has lent. */
export class Pool implements FleetView {
  private readonly fleet: Fleet;
  private readonly role: Role;

  constructor(fleet: Fleet, role: Role) {
    this.fleet = fleet;
    this.role = role;
  }

  get count(): number {
    return this.fleet.count;
  }

  get requests(): RequestTable {
    return this.fleet.requests;
  }

  isOpen(instance: number): boolean {
    const { roles, mixedPool } = this.fleet;
    return roles[instance] === this.role && this.fleet.isOpen(instance) && mixedPool?.isLent(instance) !== true;
  }

  inFlight = (instance: number): number => this.fleet.inFlight(instance);
  tokens = (instance: number): number => this.fleet.tokens(instance);
  waiting = (instance: number): number => this.fleet.waiting(instance);
  running = (instance: number): number => this.fleet.running(instance);
  kvUse = (instance: number): number => this.fleet.kvUse(instance);
  tokensAhead = (instance: number): number => this.fleet.tokensAhead(instance);
  cachedTokens = (instance: number, request: number): number => this.fleet.cachedTokens(instance, request);
  /** Whoever decodes is given the KV of the prompt by the instance that prefilled. */
  storedTokens = (request: number): number => (this.role === 'decode' ? 0 : this.fleet.storedTokens(request));
  fetchUs = (instance: number, from: number, to: number): number => this.fleet.fetchUs(instance, from, to);
  draw = (request: number): number => this.fleet.draw(request) + (this.role === 'decode' ? 1 : 0);
  prefillUs = (instance: number, newTokens: number, cachedTokens: number): number =>
    this.fleet.prefillUs(instance, newTokens, cachedTokens);
}
