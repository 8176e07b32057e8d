// Copies of conversations in this browser, to be read after the server has deleted them. Only the newest are kept, and
// only the end of a long one.

/** @import { ShownMessage } from '../client/snapshot.js' */

/**
 * `endsAt`: when the server would end the session, epoch milliseconds, as it was known last; `at`: last change here.
 * @typedef {{ id: string, generation: number, title: string | null, network: string, endsAt: number, at: number, count: number, messages: ShownMessage[] }} Copy
 */

const NAME = 'forge';
const STORE = 'conversations';
const COPIES = 50;
const MESSAGES = 500;
const CHARACTERS = 1_000_000;

export class KeptCopies {
  /** If the browser allows no database, the copies live as long as the page. @type {Map<string, Copy>} */
  #held = new Map();
  /** @type {Set<string>} the copies in memory that the database has as well */
  #stored = new Set();
  /** @type {Promise<IDBDatabase | null> | undefined} */
  #opened;

  /** @param {(ids: string[]) => void} onDropped told which copies had to make room */
  constructor(onDropped) {
    this.onDropped = onDropped;
  }

  /** The copy, if it is in memory. @param {string} id */
  held(id) {
    return this.#held.get(id);
  }

  /** @param {string} id @returns {Promise<Copy | undefined>} */
  async read(id) {
    return this.#held.get(id) ?? (await this.#ask('readonly', (store) => store.get(id)));
  }

  /** Load the copy into memory. @param {string} id @returns {Promise<Copy | undefined>} */
  async load(id) {
    const copy = await this.read(id);
    if (copy && !this.#held.has(id)) this.#held.set(id, copy);
    return this.#held.get(id);
  }

  /** Keep only these in memory; the others stay in the database. @param {string[]} ids */
  release(ids) {
    for (const id of this.#held.keys()) if (this.#stored.has(id) && !ids.includes(id)) this.#held.delete(id);
  }

  /** Keep a newer copy in memory; `save` stores it. @param {Copy} copy */
  hold(copy) {
    this.#held.set(copy.id, copy);
    this.#stored.delete(copy.id);
  }

  /** @param {string} id */
  async save(id) {
    const copy = this.#held.get(id);
    if (!copy) return;
    const isStored = await this.#ask('readwrite', (store) => store.put({ ...copy, messages: endOf(copy.messages) }));
    if (isStored === undefined) return;
    if (this.#held.get(id) === copy) this.#stored.add(id);
    await this.#makeRoom();
  }

  /** @param {string} id */
  async forget(id) {
    this.#held.delete(id);
    await this.#ask('readwrite', (store) => store.delete(id));
  }

  async forgetAll() {
    this.#held.clear();
    await this.#ask('readwrite', (store) => store.clear());
  }

  async #makeRoom() {
    /** @type {string[]} oldest first */
    const ids = [];
    await this.#ask('readonly', (store) => {
      const request = store.index('at').openKeyCursor();
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor) return;
        ids.push(String(cursor.primaryKey));
        cursor.continue();
      };
      return request;
    });
    const surplus = ids.slice(0, Math.max(0, ids.length - COPIES));
    for (const id of surplus) await this.forget(id);
    if (surplus.length) this.onDropped(surplus);
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} act
   * @returns {Promise<any>} undefined also where nothing can be stored
   */
  async #ask(mode, act) {
    this.#opened ??= opened();
    const database = await this.#opened;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => resolve(undefined);
    }).catch(() => {
      this.#opened = undefined; // the browser has closed the database, for example because its data were deleted
    });
  }
}

/** @returns {Promise<IDBDatabase | null>} */
function opened() {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' }).createIndex('at', 'at');
      request.onsuccess = () => resolve(request.result);
      request.onerror = request.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}

/** @param {ShownMessage[]} messages */
function endOf(messages) {
  let room = CHARACTERS;
  const last = messages.slice(-MESSAGES);
  let from = last.length;
  while (from > 0 && (room -= sizeOf(last[from - 1])) >= 0) from -= 1;
  return last.slice(from);
}

/** @param {ShownMessage | undefined} message */
function sizeOf(message) {
  return (message?.content.length ?? 0) + JSON.stringify(message?.tool?.arguments ?? '').length;
}
