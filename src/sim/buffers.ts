/** Every buffer behind the typed arrays of a plain value, once. */
export function buffersIn(value: unknown, found: Set<ArrayBufferLike> = new Set()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) found.add(value.buffer);
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) buffersIn(part, found);
  return [...found].filter((buffer) => buffer instanceof ArrayBuffer);
}
