/** The text that was worked on last, kept on this device as preferences are. */

const key = 'tokenyard.policy';

/** Storage throws in frames of opaque origin; then the text lasts as long as the page. */
export function savedPolicy(): string | null {
  try {
    return globalThis.localStorage?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

export function savePolicy(text: string): void {
  try {
    globalThis.localStorage?.setItem(key, text);
  } catch {
    // Nothing is lost but the memory of it.
  }
}
