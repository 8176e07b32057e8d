// The browser's Back and Forward go from conversation to conversation. The page's address stays the same: whoever has a
// conversation's id can read it, so no id is in an address, which people share.

/**
 * `isKnown`: whether there is something to come back to: a conversation that has begun, or a draft; `begin`: the id of a new one.
 * @typedef {object} VisitsOptions
 * @property {string} first the conversation with which the page begins
 * @property {(id: string) => boolean} isKnown
 * @property {() => string} begin
 * @property {(id: string) => void} show
 */

export class Visits {
  #current;

  /** @param {VisitsOptions} options */
  constructor(options) {
    this.options = options;
    this.#current = options.first;
    this.#note('replaceState');
    window.addEventListener('popstate', ({ state }) => this.#goTo(state?.conversation));
  }

  /** The person opens a conversation. @param {string} id */
  open(id) {
    const stays = id !== this.#current && this.options.isKnown(this.#current);
    this.#show(id);
    this.#note(stays ? 'pushState' : 'replaceState');
  }

  /** @param {unknown} id nothing where the browser has made an entry of its own, as for a link within the page */
  #goTo(id) {
    if (typeof id !== 'string' || id === this.#current) return;
    this.#show(this.options.isKnown(id) ? id : this.options.begin());
    this.#note('replaceState');
  }

  /** @param {string} id */
  #show(id) {
    this.#current = id;
    this.options.show(id);
  }

  /** @param {'pushState' | 'replaceState'} how */
  #note(how) {
    history[how]({ conversation: this.#current }, '');
  }
}
