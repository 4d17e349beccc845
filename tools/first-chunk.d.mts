interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

export function firstChunk(entry: string): (moduleId: string, graph: Graph) => string | null;
