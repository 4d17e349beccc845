import type { Hint } from './failure.ts';

/** Names that programs ask for elsewhere, by the reason for which a policy does not have them. */
const missing: Readonly<Record<Exclude<Hint, 'read-only'>, RegExp>> = {
  network:
    /^(fetch|XMLHttpRequest|WebSocket|WebTransport|EventSource|importScripts|navigator|Worker|SharedWorker|Request|Response|WebAssembly)$/,
  page: /^(window|document|self|location|postMessage|localStorage|sessionStorage|indexedDB|caches|BroadcastChannel|MessageChannel|addEventListener|alert|name|parent|top)$/,
  clock:
    /^(Date|performance|setTimeout|setInterval|setImmediate|requestAnimationFrame|queueMicrotask|WeakRef|FinalizationRegistry)$/,
  chance: /^(crypto|Math\.random)$/,
  modules: /^(require|process|Buffer|global|__dirname|__filename|module)$/,
  code: /^(eval|Function|code from text)$/,
};

const isNotThere =
  /^(?:(?:Reference)?Error: )?(?:Can't find variable: ([\w.$]+)|([\w.$]+|code from text) is not (?:defined|there))/;
const isReadOnly = /read[- ]only|only a getter|not extensible|Cannot delete property/;

/** What else to say to somebody whose policy threw this; null if nothing. */
export function hintFor(message: string): Hint | null {
  if (isReadOnly.test(message)) return 'read-only';
  const [, inSafari, elsewhere] = isNotThere.exec(message) ?? [];
  const name = inSafari ?? elsewhere;
  if (name === undefined) return null;
  const kinds = Object.keys(missing) as (keyof typeof missing)[];
  return kinds.find((kind) => missing[kind].test(name)) ?? null;
}
