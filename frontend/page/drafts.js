// Unsent text of each conversation, which survives a reload of the tab.

const PREFIX = 'forge.draft.';

export class Drafts {
  /** @type {Map<string, string>} for a browser whose storage is full or forbidden */
  #held = new Map();

  /** @param {Storage} storage of this tab */
  constructor(storage) {
    this.storage = storage;
  }

  /** @param {string} sessionId */
  of(sessionId) {
    return this.#held.get(sessionId) ?? this.storage.getItem(PREFIX + sessionId) ?? '';
  }

  /** @param {string} sessionId @param {string} text */
  keep(sessionId, text) {
    this.#held.set(sessionId, text);
    try {
      if (text) this.storage.setItem(PREFIX + sessionId, text);
      else this.storage.removeItem(PREFIX + sessionId);
    } catch {
      // The storage is full, so the text lives only as long as the page.
    }
  }
}
