/** Names of the links between pools: a list of its own, since links and controls need it and their rates are the worker's. */
export const kvLinkIds: readonly string[] = [
  'nvlink',
  'pcie-4',
  'pcie-5',
  'ethernet-25g',
  'network-100g',
  'network-200g',
  'network-400g',
  'mooncake-4x200g',
  'mooncake-8x400g',
];
