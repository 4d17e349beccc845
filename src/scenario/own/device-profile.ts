/** The profile of a device of one's own, and the figures of a profile. */

import { datasheetDevice, datasheetOf } from '../../sim/gpu/datasheet-device.ts';
import type { DeviceProfile } from '../../sim/gpu/device.ts';
import type { OwnDevice } from './device.ts';

export function deviceOfOwn({ name, values: v }: OwnDevice): DeviceProfile {
  return datasheetDevice({
    name,
    memoryBytes: Math.round(v.memory * 2 ** 30),
    bytesPerS: v.bandwidth * 1e9,
    bf16FlopsPerS: v.bf16 * 1e12,
    fp8FlopsPerS: v.fp8 * 1e12,
    int8FlopsPerS: v.int8 * 1e12,
    peerBytesPerS: v.link * 1e9,
    hostBytesPerS: v['host-link'] * 1e9,
    launchUs: v.launch,
  });
}

/** The figures of a device, for a form that starts from it. */
export function ownOfDevice(device: DeviceProfile): OwnDevice {
  const sheet = datasheetOf(device);
  const rounded = (value: number): number => Number(value.toPrecision(4));
  return {
    name: device.name,
    values: {
      memory: rounded(sheet.memoryBytes / 2 ** 30),
      bandwidth: rounded(sheet.bytesPerS / 1e9),
      bf16: rounded(sheet.bf16FlopsPerS / 1e12),
      fp8: rounded(sheet.fp8FlopsPerS / 1e12),
      int8: rounded(sheet.int8FlopsPerS / 1e12),
      link: rounded(sheet.peerBytesPerS / 1e9),
      'host-link': rounded(sheet.hostBytesPerS / 1e9),
      launch: rounded(sheet.launchUs),
    },
  };
}
