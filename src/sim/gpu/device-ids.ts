/** Devices that a scenario can name, in the order of the menu. Their profiles are in `device.ts`; a page that only offers them needs none. */
export const deviceIds = [
  'h200',
  'h100',
  'a100-80',
  'rtx-4090',
  'rtx-pro-6000',
  'a100-40',
  'a800',
  'a10g',
  'l4',
  'v100',
  'laptop-gpu',
  'apple-m4',
  'laptop-cpu',
  'phone',
] as const;

export type DeviceId = (typeof deviceIds)[number];
