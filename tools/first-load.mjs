// Compressed script that a first visit loads: what index.html names, and what those files import statically.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

const LIMIT_BYTES = 200_000;

/** Sizes of the first load of a built app, and whether they are within the limit. */
export function firstLoadReport(folder) {
  const page = join(folder, 'index.html');
  if (!existsSync(page)) return { isGood: false, text: `${page} is missing\n` };
  const html = readFileSync(page, 'utf8');
  const files = new Set();
  const visit = (file) => {
    if (files.has(file)) return;
    files.add(file);
    const code = readFileSync(file, 'utf8');
    for (const [, path] of code.matchAll(
      /(?:^|[;}\s])(?:import|export)\s*(?:[\w*{][^'"()]*?from\s*)?["'](\.[^"']+\.js)["']/g,
    )) {
      visit(normalize(join(dirname(file), path)));
    }
  };
  for (const [, path] of html.matchAll(/(?:src|href)="\.?\/?([^"]+\.js)"/g)) visit(join(folder, path));
  const sizes = [...files].map((file) => ({ file, bytes: gzipSync(readFileSync(file)).length }));
  const bytes = sizes.reduce((sum, s) => sum + s.bytes, 0);
  const lines = sizes.map((s) => `${String(s.bytes).padStart(8)}  ${s.file}`);
  return {
    isGood: files.size > 0 && bytes <= LIMIT_BYTES,
    text: `${lines.join('\n')}\n${String(bytes).padStart(8)}  compressed script of the first load, limit ${LIMIT_BYTES}\n`,
  };
}
