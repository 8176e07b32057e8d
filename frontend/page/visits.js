// The browser's Back and Forward go from conversation to conversation; Back first closes what lies over the conversation
// on a narrow screen. The page's address stays the same: whoever has a conversation's id can read it, so no id is in an
// address, which people share.

/**
 * `isKnown`: whether there is something to come back to: a conversation that has begun, or a draft; `begin`: the id of a new one.
 * @typedef {object} VisitsOptions
 * @property {string} first the conversation with which the page begins
 * @property {(id: string) => boolean} isKnown
 * @property {() => string} begin
 * @property {(id: string) => void} show
 */

/** @typedef {Pick<Visits, 'cover' | 'uncover'>} Cover what opens something over the conversation tells this when it opens and closes */

const narrow = matchMedia('(max-width: 780px)');

export class Visits {
  #current;
  /** Closes what lies over the conversation, which has an entry of its own in the history. @type {(() => void) | null} */
  #close = null;
  /** What to do once the browser has left that entry; null if it is not leaving it. @type {(() => void)[] | null} */
  #afterwards = null;

  /** @param {VisitsOptions} options */
  constructor(options) {
    this.options = options;
    this.#current = options.first;
    window.addEventListener('popstate', ({ state }) => this.#moved(state));
    // After a reload nothing is open any more.
    if (history.state?.isOver) this.#leaveEntry();
    this.#whenLeft(() => this.#note('replaceState'));
  }

  /** Something is opened over the conversation, which Back shall close on a narrow screen. @param {() => void} close */
  cover(close) {
    if (!narrow.matches) return;
    this.#whenLeft(() => {
      if (!this.#close) history.pushState({ conversation: this.#current, isOver: true }, '');
      this.#close = close;
    });
  }

  /** It has been closed otherwise than by Back. @param {() => void} close the same one */
  uncover(close) {
    this.#whenLeft(() => {
      if (this.#close !== close) return;
      this.#close = null;
      this.#leaveEntry();
    });
  }

  /** The person opens a conversation. @param {string} id */
  open(id) {
    const stays = id !== this.#current && this.options.isKnown(this.#current);
    this.#show(id);
    this.#beneath(() => this.#note(stays ? 'pushState' : 'replaceState', id));
  }

  /** @param {{ conversation?: unknown, isOver?: boolean } | null} state of the entry to which the browser has moved */
  #moved(state) {
    const [waiting, close] = [this.#afterwards, this.#close];
    this.#afterwards = this.#close = null;
    if (waiting) waiting.forEach((act) => this.#whenLeft(act));
    else if (close) close();
    else if (state?.isOver) this.#passBy();
    else this.#goTo(state?.conversation);
  }

  /** Forward has led to the entry of something that is closed by now. */
  #passBy() {
    this.#leaveEntry();
    this.#whenLeft(() => this.#goTo(history.state?.conversation));
  }

  /** Change the conversation's own entry, also while something lies over it, which stays open. @param {() => void} act */
  #beneath(act) {
    this.#whenLeft(() => {
      const close = this.#close;
      if (close) this.uncover(close);
      this.#whenLeft(act);
      if (close) this.cover(close);
    });
  }

  /** `history.back` takes its effect later. */
  #leaveEntry() {
    this.#afterwards = [];
    history.back();
  }

  /** @param {() => void} act */
  #whenLeft(act) {
    if (this.#afterwards) this.#afterwards.push(act);
    else act();
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

  /** @param {'pushState' | 'replaceState'} how @param {string} [id] */
  #note(how, id = this.#current) {
    history[how]({ conversation: id }, '');
  }
}
