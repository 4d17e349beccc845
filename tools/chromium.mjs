// Finds a Chromium for the browser tests, or installs one through the system's package manager.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const places = [
  process.env.TOKENYARD_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Path of a Chromium, or null. */
export function findChromium() {
  return places.find((place) => place !== undefined && place !== '' && existsSync(place)) ?? null;
}

/** Package managers and how each installs Chromium without asking. */
const managers = [
  { name: 'apt-get', steps: [['update'], ['install', '-y', '--no-install-recommends', 'chromium']] },
  { name: 'dnf', steps: [['install', '-y', 'chromium']] },
  { name: 'pacman', steps: [['-Sy', '--noconfirm', 'chromium']] },
  { name: 'apk', steps: [['add', 'chromium']] },
];

/** A Chromium, installed if need be. Throws with words when that cannot be done. */
export function needChromium() {
  const found = findChromium();
  if (found !== null) return found;
  const manager = managers.find(({ name }) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0);
  if (manager === undefined) throw new Error('no Chromium found and no known package manager; set TOKENYARD_CHROMIUM');
  const isRoot = process.getuid?.() === 0;
  for (const step of manager.steps) {
    const [command, args] = isRoot ? [manager.name, step] : ['sudo', ['-n', manager.name, ...step]];
    process.stdout.write(`no Chromium found: ${command} ${args.join(' ')}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    if (status !== 0)
      throw new Error(`${manager.name} could not install Chromium; install it, or set TOKENYARD_CHROMIUM`);
  }
  const installed = findChromium();
  if (installed === null) throw new Error('Chromium was installed but is at none of the known places');
  return installed;
}

/** Where packages put Chromium's own files: beside the browser lie a Vulkan loader and a driver that plays a GPU. */
const packages = [
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/usr/lib64/chromium-browser',
  '/opt/google/chrome',
];

/** A folder with a Vulkan loader, for a system that has none; null if there is none here either. */
export function findVulkanLoader() {
  return packages.find((folder) => existsSync(`${folder}/libvulkan.so.1`)) ?? null;
}
