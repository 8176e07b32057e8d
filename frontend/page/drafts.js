// Unsent text of each conversation, which survives a reload of the tab.

const PREFIX = 'forge.draft.';

export class Drafts {
  /** @param {Storage} storage of this tab */
  constructor(storage) {
    this.storage = storage;
  }

  /** @param {string} sessionId */
  of(sessionId) {
    return this.storage.getItem(PREFIX + sessionId) ?? '';
  }

  /** @param {string} sessionId @param {string} text */
  keep(sessionId, text) {
    if (text) this.storage.setItem(PREFIX + sessionId, text);
    else this.storage.removeItem(PREFIX + sessionId);
  }
}
