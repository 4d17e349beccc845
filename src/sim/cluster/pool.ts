import type { Fleet } from './fleet.ts';
import type { Role } from './fleet-config.ts';
import { InstancesView } from './instances-view.ts';

/** The fleet as the router of one role sees it: the instances of other roles are not open, nor are those that its side has lent. */
export class Pool extends InstancesView {
  private readonly role: Role;

  constructor(fleet: Fleet, role: Role) {
    super(fleet);
    this.role = role;
  }

  override isOpen(instance: number): boolean {
    const { roles, mixedPool } = this.fleet;
    return roles[instance] === this.role && this.fleet.isOpen(instance) && mixedPool?.isLent(instance) !== true;
  }

  /** Whoever decodes is given the KV of the prompt by the instance that prefilled. */
  override storedTokens(request: number): number {
    return this.role === 'decode' ? 0 : super.storedTokens(request);
  }

  override draw(request: number): number {
    return super.draw(request) + (this.role === 'decode' ? 1 : 0);
  }
}
