/** The system's Firefox, without a driver: it is given an address, and what it finds there reports by itself. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where distributions put it; TOKENYARD_FIREFOX names another one. */
const usualPaths = ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'];

/** Nothing but the page: no first-run tabs, no updates, no reports, no throttling of a window that nobody sees. */
const preferences = {
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.policy.firstRunURL': '',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
  'app.update.enabled': false,
  'app.normandy.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'extensions.update.enabled': false,
  'dom.ipc.processPrelaunch.enabled': false,
};

/** Path of a Firefox, or undefined. */
export function findFirefox(): string | undefined {
  return [process.env.TOKENYARD_FIREFOX ?? '', ...usualPaths].find((path) => path !== '' && existsSync(path));
}

export interface Firefox {
  /** Rejects when it ends before it is closed; never resolves. */
  readonly failure: Promise<never>;
  /** Ends it and removes its profile. */
  readonly close: () => Promise<void>;
}

/** Opens the address in a Firefox of its own. */
export function openFirefox(executable: string, address: string): Firefox {
  const home = mkdtempSync(join(tmpdir(), 'tokenyard-firefox-'));
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  writeFileSync(join(home, 'user.js'), lines.join(''));
  const firefox = spawn(executable, ['--headless', '--no-remote', '--profile', home, address], {
    stdio: 'ignore',
    // A group of its own, so that ending it ends its children too.
    detached: true,
    env: { ...process.env, HOME: home, MOZ_CRASHREPORTER_DISABLE: '1' },
  });
  const ended = new Promise<string>((resolve) => {
    firefox.once('exit', (code, signal) => resolve(`ended with ${signal ?? code}`));
    firefox.once('error', (error) => resolve(error.message));
  });
  const failure = ended.then((how) => Promise.reject(new Error(`${executable}: ${how}`)));
  // Whoever waits hears of it; when it is closed nobody does.
  failure.catch(() => undefined);
  const close = async () => {
    const isRunning = firefox.exitCode === null && firefox.signalCode === null;
    if (firefox.pid !== undefined && isRunning) process.kill(-firefox.pid, 'SIGKILL');
    await ended;
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  return { failure, close };
}
