/** Dawn in Node: WebGPU for tests, without a browser. Not part of the app. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Host } from './device.ts';

interface Dawn {
  readonly create: (options: string[]) => GPU;
  readonly globals: Record<string, unknown>;
}

/** Dawn is destroyed with the object that `create` returns, so these must stay referenced while anything might use them. */
const holder = globalThis as { dawnGpus?: GPU[] };

/** SwiftShader's Vulkan driver, as Debian's and other Chromium packages bring it; `VK_ICD_FILENAMES` names another driver. */
const swiftShaderDrivers = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

/** Path of a Vulkan driver that works, or undefined if there is none or no Vulkan loader (`libvulkan1`). */
export async function findSoftwareDriver(): Promise<string | undefined> {
  const driver = process.env.VK_ICD_FILENAMES ?? swiftShaderDrivers.find((path) => existsSync(path));
  if (driver === undefined) return undefined;
  const adapter = await softwareGpu(driver).requestAdapter();
  return adapter ? driver : undefined;
}

function load(options: string[]): GPU {
  const dawn = createRequire(import.meta.url)('webgpu') as Dawn;
  // Values such as GPUBufferUsage are globals in a browser.
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create(options);
  holder.dawnGpus ??= [];
  holder.dawnGpus.push(gpu);
  return gpu;
}

/** Dawn without any driver: shaders and calls are validated, nothing is computed. */
export function nullGpu(): GPU {
  return load(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
}

/** Dawn on the software driver. `toggles` are Dawn's own switches, such as 'disable-dawn-features=timestamp_quantization'. */
export function softwareGpu(driver: string, toggles: string[] = []): GPU {
  process.env.VK_ICD_FILENAMES = driver;
  process.env.XDG_RUNTIME_DIR ??= '/tmp';
  return load(['backend=vulkan', ...toggles]);
}

/** Lets Node exit. Call once, when no device is in use any more. */
export function releaseDawn(): void {
  delete holder.dawnGpus;
}

export function hostOf(gpu: GPU | undefined): Host {
  return { gpu, isSecureContext: true, now: () => performance.now() };
}

/** What a test wants to see or change of the API. Everything else is passed through. */
export interface Intercept {
  /** Called with each device made. */
  readonly onDevice?: (device: GPUDevice) => void;
  /** Features the adapter claims not to have. */
  readonly hideFeatures?: readonly GPUFeatureName[];
  /** Makes `requestDevice` fail. */
  readonly refuseDevice?: string;
}

/** A GPU whose adapters and devices can be watched and impaired. */
export function intercepted(gpu: GPU, { onDevice, hideFeatures = [], refuseDevice }: Intercept): GPU {
  const wrapped = {
    async requestAdapter(options?: GPURequestAdapterOptions) {
      const adapter = await gpu.requestAdapter(options);
      if (!adapter) return null;
      return {
        features: new Set([...adapter.features].filter((name) => !hideFeatures.includes(name as GPUFeatureName))),
        limits: adapter.limits,
        info: adapter.info,
        async requestDevice(descriptor?: GPUDeviceDescriptor) {
          if (refuseDevice !== undefined) throw new Error(refuseDevice);
          const device = await adapter.requestDevice(descriptor);
          onDevice?.(device);
          return device;
        },
      };
    },
  };
  return wrapped as unknown as GPU;
}
