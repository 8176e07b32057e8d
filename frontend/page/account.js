// What a person who has logged in can do: take over conversations that were begun before the login, and delete
// everything.

import { isText, storedList } from '../client/browser_storage.js';
import { newKey } from '../client/outbox.js';
import { counted } from './amounts.js';
import { byId, el, icon } from './dom.js';

/** @import { Receipt } from '../client/frames.js' */
/** @import { ChatManager } from '../client/chat_manager.js' */
/** @import { SessionBook } from '../client/session_book.js' */
/** @import { Login } from './login.js' */
/** @import { Sessions } from './sessions.js' */

const UNCLAIMED = 'forge.unclaimed';
const CALLS = 40;
const DAY_SECONDS = 86_400;

/**
 * @typedef {object} AccountOptions
 * @property {() => ChatManager} chat
 * @property {() => Sessions} sessions
 * @property {SessionBook} book
 * @property {Storage} storage
 * @property {(id: string) => void} open
 * @property {(text: string) => void} onProblem
 */

export class Account {
  #bar = byId('adopt-bar', HTMLElement);
  #button = byId('account', HTMLButtonElement);
  #dialog = byId('account-dialog', HTMLDialogElement);
  #receipt = byId('account-receipt', HTMLElement);
  #buttons = byId('account-buttons', HTMLElement);
  #isBusy = false;
  #name = '';
  isLoggedIn = false;

  /** @param {AccountOptions} options */
  constructor(options) {
    this.options = options;
    this.#button.addEventListener('click', () => this.#ask());
  }

  /** Conversations of this browser that were begun without a login and about which the person has not decided yet. @returns {string[]} */
  get unclaimed() {
    return storedList(this.options.storage, UNCLAIMED, isText);
  }

  /** A person has logged in where nobody was logged in before. */
  noteUnclaimed() {
    this.#keep(this.options.book.entries().filter(({ endedAt }) => !endedAt).map(({ id }) => id));
  }

  /** @param {Login} login */
  show({ isLoggedIn, name }) {
    this.isLoggedIn = isLoggedIn;
    this.#name = name;
    this.#render();
  }

  #render() {
    const { length } = this.unclaimed;
    this.#button.hidden = !this.isLoggedIn;
    this.#bar.hidden = !this.isLoggedIn || !length;
    if (this.#bar.hidden) return;
    const words = `${counted(length, 'conversation')} of this browser ${length === 1 ? 'was' : 'were'} begun without a login.`;
    const adopt = el('button', { type: 'button', class: 'button', disabled: this.#isBusy, on: { click: () => void this.#adopt() } }, 'Take over');
    const leave = el('button', { type: 'button', class: 'text-button', disabled: this.#isBusy, on: { click: () => this.#leave() } }, 'Leave');
    this.#bar.replaceChildren(icon('info'), el('span', {}, words), adopt, leave);
  }

  /** Take over one conversation after the other; one that cannot be taken over now is offered again. */
  async #adopt() {
    this.#setBusy(true);
    for (const id of this.unclaimed) {
      try {
        const { session_id } = await this.options.chat().api.adopt(id);
        this.#keep(this.unclaimed.filter((other) => other !== id));
        await this.options.sessions().renew(id, session_id);
        if (id === this.options.chat().getSessionId()) this.options.open(session_id);
      } catch (error) {
        const { status = 0, message } = /** @type {{ status?: number, message: string }} */ (error);
        if (status === 404) this.#keep(this.unclaimed.filter((other) => other !== id));
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

  #ask() {
    byId('account-name', HTMLElement).textContent = this.#name;
    this.#receipt.replaceChildren();
    const remove = el('button', { type: 'button', class: 'button danger', on: { click: () => void this.#delete() } }, 'Delete everything');
    this.#buttons.replaceChildren(this.#close('Keep'), remove);
    this.#dialog.showModal();
  }

  /** Repeat until the deletion is complete: one call deletes what it has time for, and the same key continues. */
  async #delete() {
    const key = newKey();
    for (const button of this.#buttons.querySelectorAll('button')) button.disabled = true;
    try {
      const { api } = this.options.chat();
      let receipt = await api.deleteAccount(key);
      for (let calls = 1; !receipt.is_complete && calls < CALLS; calls += 1) receipt = await api.deleteAccount(key);
      this.options.open(this.options.sessions().begin());
      await this.options.sessions().forgetAll();
      this.#receipt.replaceChildren(...receiptNodes(receipt));
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      this.#receipt.replaceChildren(el('p', { role: 'alert' }, `Not everything was deleted: ${message} Deleting again goes on.`));
    }
    this.#buttons.replaceChildren(this.#close('Close'));
  }

  /** @param {string} words */
  #close(words) {
    return el('button', { type: 'button', class: 'button', on: { click: () => this.#dialog.close() } }, words);
  }
}

/** @param {Receipt} receipt */
function receiptNodes({ is_complete, deleted, kept }) {
  const done = [counted(deleted.sessions, 'conversation'), counted(deleted.messages, 'message'), counted(deleted.wallet_requests, 'wallet request')];
  const head = is_complete ? 'Deleted: ' : 'Not all of it yet; delete again to go on. Deleted so far: ';
  const stays = kept.map(({ why, seconds }) => el('li', {}, why, seconds === null ? '' : ` (${timeOf(seconds)})`));
  return [el('p', { role: 'status' }, head, done.join(', '), '.'), el('p', {}, 'What stays, and why:'), el('ul', {}, ...stays)];
}

/** @param {number} seconds */
function timeOf(seconds) {
  const isDays = seconds >= DAY_SECONDS;
  return `at most ${counted(Math.ceil(seconds / (isDays ? DAY_SECONDS : 3_600)), isDays ? 'day' : 'hour')}`;
}
