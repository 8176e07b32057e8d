// Which conversations of this browser a person who has logged in may take over: those begun without a login, until the
// person has decided about them.

import { isText, storedList } from '../client/browser_storage.js';
import { counted } from './amounts.js';
import { byId, el, icon } from './dom.js';

/** @import { AccountOptions } from './account.js' */

const UNCLAIMED = 'forge.unclaimed';

export class UnclaimedSessions {
  #bar = byId('adopt-bar', HTMLElement);
  #isBusy = false;
  #isLoggedIn = false;

  /** @param {AccountOptions} options */
  constructor(options) {
    this.options = options;
  }

  /** @returns {string[]} */
  get ids() {
    return storedList(this.options.storage, UNCLAIMED, isText);
  }

  /** A person has logged in where nobody was logged in before. */
  note() {
    this.#keep(this.options.book.entries().filter(({ endedAt }) => !endedAt).map(({ id }) => id));
  }

  /** @param {boolean} isLoggedIn */
  show(isLoggedIn) {
    this.#isLoggedIn = isLoggedIn;
    this.#render();
  }

  #render() {
    const { length } = this.ids;
    this.#bar.hidden = !this.#isLoggedIn || !length;
    if (this.#bar.hidden) return;
    const words = `${counted(length, 'conversation')} of this browser ${length === 1 ? 'was' : 'were'} begun without a login.`;
    const adopt = el('button', { type: 'button', class: 'button', disabled: this.#isBusy, on: { click: () => void this.#adopt() } }, 'Take over');
    const leave = el('button', { type: 'button', class: 'text-button', disabled: this.#isBusy, on: { click: () => this.#leave() } }, 'Leave');
    this.#bar.replaceChildren(icon('info'), el('span', {}, words), adopt, leave);
  }

  /** Take over one conversation after the other; one that cannot be taken over now is offered again. */
  async #adopt() {
    this.#setBusy(true);
    for (const id of this.ids) {
      try {
        const { session_id } = await this.options.chat().api.adopt(id);
        this.#keep(this.ids.filter((other) => other !== id));
        await this.options.sessions().renew(id, session_id);
        if (id === this.options.chat().getSessionId()) this.options.open(session_id);
      } catch (error) {
        const { status = 0, message } = /** @type {{ status?: number, message: string }} */ (error);
        if (status === 404) this.#keep(this.ids.filter((other) => other !== id));
        else this.options.onProblem(message);
      }
    }
    this.#setBusy(false);
    void this.options.sessions().refresh();
  }

  #leave() {
    this.#keep([]);
    this.#render();
    void this.options.sessions().refresh();
  }

  /** @param {boolean} isBusy */
  #setBusy(isBusy) {
    this.#isBusy = isBusy;
    this.#render();
  }

  /** @param {string[]} ids */
  #keep(ids) {
    if (ids.length) this.options.storage.setItem(UNCLAIMED, JSON.stringify(ids));
    else this.options.storage.removeItem(UNCLAIMED);
  }
}
