/** What replicas are for, where that changes while the fleet runs. */

import { type FleetResult, ReplicaRole } from '../../protocol/fleet.ts';

export type RoleName = keyof typeof ReplicaRole;
const roleNames = Object.keys(ReplicaRole) as readonly RoleName[];

/** From when on a replica is what, in the order of time; the first from the start. */
export type Roles = readonly { readonly fromUs: number; readonly role: RoleName }[];

export function rolesOf({ lives, roles }: FleetResult, replica: number): Roles {
  const found = [{ fromUs: Number.NEGATIVE_INFINITY, role: roleNames[roles[replica]] }];
  for (let life = 0; life < lives.count; life++) {
    const role = roleNames[lives.role[life]];
    if (lives.replica[life] === replica && role !== found[found.length - 1].role)
      found.push({ fromUs: lives.startUs[life], role });
  }
  return found;
}

/** What a replica is for at a time; NaN = before the first step. */
export function roleAt(roles: Roles, us: number): RoleName {
  return (roles.findLast(({ fromUs }) => fromUs <= us) ?? roles[0]).role;
}
