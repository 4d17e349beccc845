import type { FleetView } from '../router.ts';

/** Instances that take requests, in order. */
export function openInstances(view: FleetView): readonly number[] {
  const open: number[] = [];
  for (let i = 0; i < view.count; i++) if (view.isOpen(i)) open.push(i);
  return open;
}
