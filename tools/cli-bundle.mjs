/**
 * The command line in one file for plain Node: src/cli bundled into .cache/cli/<hash of the sources>/ unless it is there.
 * Bundling takes about a second and is needed once per version of the sources.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['cli', 'i18n', 'sandbox', 'scenario', 'sim', 'ui', 'words', 'workload'];
const cache = join(root, '.cache', 'cli');

/** All sources of the bundle and what their meaning depends on. */
function hashOfSources() {
  const hash = createHash('sha256');
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, 'src', folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name) && !entry.name.includes('.test.'))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  );
  for (const file of [...files.sort(), join(root, 'package-lock.json'), fileURLToPath(import.meta.url)]) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

async function bundle(target) {
  // Built beside its place and moved there whole, so that two commands at once never see half a bundle.
  const outDir = `${target}.${process.pid}`;
  mkdirSync(outDir, { recursive: true });
  const { build } = await import('vite');
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: join(root, 'src', 'cli', 'main.ts'),
      outDir,
      emptyOutDir: true,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'main.mjs', codeSplitting: false } },
    },
  });
  try {
    renameSync(outDir, target);
  } catch (error) {
    // Another command was faster; its bundle is the same.
    if (!existsSync(join(target, 'main.mjs'))) throw error;
    rmSync(outDir, { recursive: true, force: true });
  }
  for (const old of readdirSync(cache)) {
    if (join(cache, old) !== target && !old.includes('.')) rmSync(join(cache, old), { recursive: true, force: true });
  }
}

/** The bundle's file, made first if it is not there. */
export async function bundledCommandLine() {
  const target = join(cache, hashOfSources());
  const main = join(target, 'main.mjs');
  if (!existsSync(main)) await bundle(target);
  return main;
}
