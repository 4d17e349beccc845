// One file for all that the first visit loads: many small ones, split by who else uses them, compress worse.

/** Names the chunk of modules that the page imports before anything is asked for. Its entry stays a file of its own, because it waits while it starts. */
export function firstChunk(entry) {
  let first = null;
  return (moduleId, context) => {
    first ??= reachable(entry, (id) => context.getModuleInfo(id));
    return first.has(moduleId) ? 'first' : null;
  };
}

function reachable(entry, getModuleInfo) {
  const found = new Set();
  const visit = (id) => {
    for (const imported of getModuleInfo(id)?.importedIds ?? []) {
      if (found.has(imported)) continue;
      found.add(imported);
      visit(imported);
    }
  };
  visit(entry);
  return found;
}
