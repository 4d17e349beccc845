/**
 * Puts everything that the page needs at once into one file. Left alone the bundler makes a file of each set of modules that
 * some lazily loaded part shares with the page, and many small files compress worse than one (by 2 to 3 kB here).
 */
export function firstLoad() {
  const first = new Set();
  return {
    name: 'first-load',
    config: () => ({
      build: {
        rolldownOptions: {
          output: { codeSplitting: { groups: [{ name: 'page', test: (id) => first.has(id) }] } },
        },
      },
    }),
    buildEnd() {
      const visit = (id) => {
        if (first.has(id)) return;
        first.add(id);
        for (const next of this.getModuleInfo(id)?.importedIds ?? []) visit(next);
      };
      for (const id of this.getModuleIds()) if (this.getModuleInfo(id)?.isEntry) visit(id);
    },
  };
}
