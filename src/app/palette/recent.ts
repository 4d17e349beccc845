/** What was chosen last, the latest first. Kept on the device, never in links. */

const key = 'tokenyard.recent';
const most = 20;

export function recent(): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(value) ? value.filter((id) => typeof id === 'string') : [];
  } catch {
    // Storage throws in frames of opaque origin, and may hold what this page has not written.
    return [];
  }
}

export function remember(id: string): void {
  try {
    localStorage.setItem(key, JSON.stringify([id, ...recent().filter((other) => other !== id)].slice(0, most)));
  } catch {
    // Nothing is lost but the memory of it.
  }
}
