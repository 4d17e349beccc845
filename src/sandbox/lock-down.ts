/**
 * Takes from a thread everything but the language itself, for good: before a visitor's code runs in it. Network, page,
 * storage, clocks, chance and the making of code from text are gone, and what the language comes with is frozen, so that
 * the simulation beside it in the same thread is out of reach.
 */

/** Names of the language that stay. Without those that tell time, place or the collector's doings. */
const kept = new Set<PropertyKey>([
  ...['globalThis', 'undefined', 'NaN', 'Infinity', 'isFinite', 'isNaN', 'parseFloat', 'parseInt'],
  ...['encodeURI', 'encodeURIComponent', 'decodeURI', 'decodeURIComponent'],
  ...['Object', 'Array', 'Boolean', 'Number', 'BigInt', 'String', 'Symbol', 'RegExp', 'Promise', 'Proxy', 'Reflect'],
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'Iterator', 'JSON', 'Math', 'ArrayBuffer', 'DataView'],
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
  ...['Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
  ...['Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'],
  ...['SuppressedError', 'DisposableStack', 'AsyncDisposableStack'],
]);

/** Takes everything away. Returns the names that could not be taken, which is none in the threads we know. */
export function lockDown(scope: object = globalThis): readonly PropertyKey[] {
  const left = removeGlobals(scope);
  forbid(scope, 'Date', 'Date');
  forbid(Math, 'random', 'Math.random');
  forbidCodeFromText();
  freezeAll(scope);
  return left;
}

function removeGlobals(scope: object): readonly PropertyKey[] {
  const left: PropertyKey[] = [];
  let owner: object | null = scope;
  while (owner !== null && owner !== Object.prototype) {
    for (const name of Reflect.ownKeys(owner)) {
      if (kept.has(name) || Reflect.deleteProperty(owner, name)) continue;
      if (!Reflect.defineProperty(owner, name, { value: undefined, writable: false })) left.push(name);
    }
    owner = Reflect.getPrototypeOf(owner);
  }
  return left;
}

/** Puts a function in a name's place that only says why it is not there. */
function forbid(owner: object, name: string, shown: string): void {
  const refuse = (): never => {
    throw new Error(`${shown} is not there`);
  };
  // A function, since the clock is asked with `new` too.
  const value = function forbidden(): never {
    return refuse();
  };
  if (name === 'Date') Object.assign(value, { now: refuse, parse: refuse, UTC: refuse });
  Object.defineProperty(owner, name, { value, writable: false, configurable: false });
}

/** `Function('...')` in all its forms; `eval` is gone with the globals. */
function forbidCodeFromText(): void {
  const refuse = (): never => {
    throw new Error('code from text is not there');
  };
  for (const prototype of functionPrototypes) {
    Object.defineProperty(prototype, 'constructor', { value: refuse, writable: false, configurable: false });
  }
}

const functionPrototypes = [
  () => undefined,
  async () => undefined,
  function* () {
    yield;
  },
  async function* () {
    yield;
  },
].map((example) => Reflect.getPrototypeOf(example) ?? {});

/** Objects of the language that no name leads to. */
const hidden = [
  ...functionPrototypes,
  [][Symbol.iterator](),
  new Map()[Symbol.iterator](),
  new Set()[Symbol.iterator](),
  ''[Symbol.iterator](),
  'a'.matchAll(/a/g),
  (function* () {
    yield;
  })(),
  (async function* () {
    yield;
  })(),
].map((example) => Reflect.getPrototypeOf(example) ?? {});

/**
 * Prototypes of typed arrays. Were they frozen whole, every access to an element of every typed array would leave the
 * engine's fast way (Chromium and Node: the simulation takes twice the time).
 */
const typedArrays = new Set<object>(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
  ]
    .map((kind): object => kind.prototype)
    .concat(Reflect.getPrototypeOf(Int8Array.prototype) ?? []),
);

/** Nothing that is there can be changed; something new would be looked up by nobody. */
function fixProperties(owner: object): void {
  for (const key of Reflect.ownKeys(owner)) {
    const isValue = 'value' in (Reflect.getOwnPropertyDescriptor(owner, key) ?? {});
    Reflect.defineProperty(owner, key, isValue ? { writable: false, configurable: false } : { configurable: false });
  }
}

/**
 * Everything that can be reached from the globals is frozen. The prototypes of objects and errors only get no new
 * properties: were they frozen, nobody could give an object of his own a `toString`, or an error a `name`.
 */
function freezeAll(scope: object): void {
  const open = new Set<object>([Object.prototype, Error.prototype]);
  const seen = new Set<object>();
  const waiting: unknown[] = [...functionPrototypes, ...hidden];
  for (const name of Reflect.ownKeys(scope)) waiting.push(Reflect.get(scope, name));
  while (waiting.length > 0) {
    const value = waiting.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue;
    if (value === scope || seen.has(value)) continue;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      const property = Reflect.getOwnPropertyDescriptor(value, key);
      if (property !== undefined) waiting.push(property.value, property.get, property.set);
    }
    waiting.push(Reflect.getPrototypeOf(value));
    if (open.has(value)) Object.preventExtensions(value);
    else if (typedArrays.has(value)) fixProperties(value);
    else Object.freeze(value);
  }
  Object.freeze(scope);
}
