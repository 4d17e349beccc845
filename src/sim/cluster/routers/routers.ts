import type { Router, RouterConfig } from '../router.ts';
import { LeastLoad, type Load, loads } from './by-load.ts';
import { PowerOfTwo, RandomRouter } from './drawn.ts';
import { RoundRobin } from './round-robin.ts';

/** Makes a router. `instances`: how many it chooses among. */
type Create = (config: RouterConfig, instances: number) => Router;

/** All routers by name. */
const kinds: Readonly<Record<string, Create>> = {
  random: ({ seed }) => new RandomRouter(seed),
  'round-robin': () => new RoundRobin(),
  'power-of-two': ({ seed }) => new PowerOfTwo(seed),
  ...Object.fromEntries(Object.entries<Load>(loads).map(([name, load]) => [name, () => new LeastLoad(load)])),
};

export const routerNames: readonly string[] = Object.keys(kinds);

export function createRouter(config: RouterConfig, instances: number): Router {
  const create = kinds[config.kind];
  if (create === undefined) throw new Error(`no router is called ${config.kind}`);
  return create(config, instances);
}
