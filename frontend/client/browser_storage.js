// The browser's storage as the client and the page use it: it never throws, and a damaged value counts as none.

/** Storage for environments that have none, or that forbid it (private windows, Node). @implements {Storage} */
export class MemoryStorage {
  /** @type {Map<string, string>} */
  #items = new Map();

  get length() {
    return this.#items.size;
  }

  /** @param {number} index */
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  /** @param {string} key */
  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.#items.set(key, String(value));
  }

  /** @param {string} key */
  removeItem(key) {
    this.#items.delete(key);
  }

  clear() {
    this.#items.clear();
  }
}

/**
 * What the browser refuses to store, because it is full or forbidden, lives as long as the page.
 * @implements {Storage}
 */
export class BrowserStorage {
  #held = new MemoryStorage();

  /** @param {Storage | null} storage null where there is none, or where it may not even be read */
  constructor(storage) {
    this.storage = storage;
  }

  get length() {
    return this.#keys().length;
  }

  /** @param {number} index */
  key(index) {
    return this.#keys()[index] ?? null;
  }

  /** @param {string} key */
  getItem(key) {
    return this.#held.getItem(key) ?? this.storage?.getItem(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    try {
      if (!this.storage) return this.#held.setItem(key, value);
      this.storage.setItem(key, value);
      return this.#held.removeItem(key);
    } catch {
      this.storage?.removeItem(key); // the older value would come back after a reload
      return this.#held.setItem(key, value);
    }
  }

  /** @param {string} key */
  removeItem(key) {
    this.#held.removeItem(key);
    this.storage?.removeItem(key);
  }

  clear() {
    this.#held.clear();
    this.storage?.clear();
  }

  #keys() {
    return [...keysOf(this.#held), ...(this.storage ? keysOf(this.storage) : [])];
  }
}

/** @param {'localStorage' | 'sessionStorage'} name @returns {Storage} */
export function browserStorage(name) {
  try {
    return new BrowserStorage(globalThis[name] ?? null);
  } catch {
    return new BrowserStorage(null);
  }
}

/** The value that is stored as JSON, or null if there is none or it is damaged. @param {Storage} storage @param {string} key @returns {unknown} */
export function storedJson(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** The members of a stored list that have the expected form. @template T @param {Storage} storage @param {string} key @param {(value: unknown) => value is T} isOne @returns {T[]} */
export function storedList(storage, key, isOne) {
  const list = storedJson(storage, key);
  return Array.isArray(list) ? list.filter(isOne) : [];
}

/** @param {Storage} storage */
export function keysOf(storage) {
  return Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '');
}

/** @param {unknown} value @returns {value is string} */
export function isText(value) {
  return typeof value === 'string';
}
