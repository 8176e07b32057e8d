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

/** @param {'localStorage' | 'sessionStorage'} name @returns {Storage} */
export function browserStorage(name) {
  try {
    const storage = globalThis[name];
    storage.setItem('forge.probe', '');
    storage.removeItem('forge.probe');
    return storage;
  } catch {
    return new MemoryStorage();
  }
}
