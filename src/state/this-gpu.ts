import { createStore } from 'zustand/vanilla';
import type { DeviceProfile } from '../sim/gpu/device.ts';

/** The visitor's own GPU, for device `this-gpu`; null while it was not measured. */
export const thisGpuStore = createStore<{ readonly profile: DeviceProfile | null }>()(() => ({ profile: null }));
