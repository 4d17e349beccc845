/** How tests start the system's Chromium. */

import { existsSync } from 'node:fs';
import type { LaunchOptions } from '@playwright/test';

/** Where distributions put it; TOKENYARD_CHROMIUM names another one. */
const usualPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * What Chromium is to leave out. Two pages of its own for the suggestions below the address bar, which it would load beside every
 * page: a quarter of what opening one costs. The others are Playwright's own list, as only the last switch of a name is heeded.
 */
const disabledFeatures = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

export interface ChromiumOptions {
  /**
   * True: WebGPU on SwiftShader, a GPU in software that every Chromium brings, whatever GPU the machine has. False: on a machine
   * without a GPU, `navigator.gpu` exists and gives no adapter.
   */
  readonly webgpu: boolean;
  readonly args?: readonly string[];
}

export function launchOptions({ webgpu, args = [] }: ChromiumOptions): LaunchOptions {
  return {
    executablePath: findChromium(),
    headless: true,
    args: [
      // Chromium refuses to sandbox itself as root, which is what containers run as.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...(webgpu ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] : ['--disable-gpu']),
      `--disable-features=${disabledFeatures.join()}`,
      ...args,
    ],
  };
}

/** Undefined leaves the choice to Playwright, which then names what it looked for. */
function findChromium(): string | undefined {
  return process.env.TOKENYARD_CHROMIUM ?? usualPaths.find((path) => existsSync(path));
}
