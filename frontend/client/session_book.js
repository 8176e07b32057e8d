// The conversations of this browser: their ids and titles, and which one each tab shows.

import { storedList } from './browser_storage.js';
import { newKey } from './outbox.js';

const BOOK = 'forge.sessions';
const CURRENT = 'forge.session';
/** The server's (`forge.models.patterns`): with any other id, nothing could be sent. */
const SESSION_ID = /^(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,127}|\.[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,126}|\.\.[A-Za-z0-9._~-]{1,126})$/;

/**
 * Times in epoch milliseconds. `at`: last use; `endedAt`: when the server ended it; `aside`: the id of a copy of what
 * this id held before; `seen`: how many of its messages have been on screen.
 * @typedef {{ id: string, title: string | null, at: number, endedAt?: number, aside?: string, seen?: number }} BookEntry
 */

export class SessionBook {
  /** @param {Storage} storage shared by all tabs @param {Storage} tabStorage of this tab */
  constructor(storage, tabStorage) {
    this.storage = storage;
    this.tabStorage = tabStorage;
  }

  /** Returns the tab's own conversation; in a new tab, the one that was used last; otherwise a new one. */
  current() {
    const stored = [this.tabStorage, this.storage].map((storage) => storage.getItem(CURRENT) ?? '');
    const id = stored.find((id) => SESSION_ID.test(id)) ?? newKey();
    this.use(id);
    return id;
  }

  /** @param {string} id */
  use(id) {
    this.tabStorage.setItem(CURRENT, id);
    this.storage.setItem(CURRENT, id);
  }

  /** The entries, newest first. @returns {BookEntry[]} */
  entries() {
    return storedList(this.storage, BOOK, isEntry).sort((a, b) => b.at - a.at);
  }

  /** @param {string} id */
  entry(id) {
    return this.entries().find((entry) => entry.id === id);
  }

  /** @param {string} id @param {Partial<BookEntry>} change */
  remember(id, change) {
    const entries = this.entries();
    const known = entries.find((entry) => entry.id === id) ?? { id, title: null, at: Date.now() };
    this.#save([{ ...known, ...change }, ...entries.filter((entry) => entry.id !== id)]);
  }

  /** @param {string} id */
  forget(id) {
    this.#save(this.entries().filter((entry) => entry.id !== id));
  }

  /** @param {BookEntry[]} entries */
  #save(entries) {
    this.storage.setItem(BOOK, JSON.stringify(entries.slice(0, 200)));
  }
}

/** @param {unknown} value @returns {value is BookEntry} */
function isEntry(value) {
  const { id, at, title } = /** @type {Partial<Record<keyof BookEntry, unknown>>} */ (value ?? {});
  return typeof id === 'string' && SESSION_ID.test(id) && Number.isFinite(at) && (title === null || typeof title === 'string');
}
