/**
 * A Vite plugin: `import text from './file.ts?script'` is that file, with all that it imports, as the text of one classic
 * script. For a worker that must come out of a single blob.
 */
import { dirname, resolve } from 'node:path';
import { build } from 'vite';

const suffix = '?script';

export function scriptText() {
  return {
    name: 'script-text',
    enforce: 'pre',
    resolveId(source, importer) {
      return source.endsWith(suffix) && importer !== undefined ? resolve(dirname(importer), source) : null;
    },
    async load(id) {
      if (!id.endsWith(suffix)) return null;
      const { output } = await build({
        configFile: false,
        logLevel: 'error',
        publicDir: false,
        build: {
          write: false,
          target: 'es2022',
          rollupOptions: {
            input: id.slice(0, -suffix.length),
            output: { format: 'iife', codeSplitting: false, keepNames: true },
          },
        },
      });
      for (const file of output[0].moduleIds) if (file.startsWith('/')) this.addWatchFile(file);
      return `export default ${JSON.stringify(output[0].code)};`;
    },
  };
}
