/** Names of the routers: a list of its own, since links and controls need it and the routers themselves are the worker's. */
export const routerIds: readonly string[] = [
  'random',
  'round-robin',
  'power-of-two',
  'least-requests',
  'least-waiting',
  'least-waiting-and-running',
  'vllm-data-parallel',
  'least-tokens',
];
