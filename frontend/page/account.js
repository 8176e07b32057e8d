// What a person who has logged in can do: take over what they began before the login, and delete everything.

import { newKey } from '../client/outbox.js';
import { counted } from './amounts.js';
import { byId, el } from './dom.js';
import { UnclaimedSessions } from './unclaimed_sessions.js';

/** @import { Receipt } from '../client/frames.js' */
/** @import { ChatManager } from '../client/chat_manager.js' */
/** @import { SessionBook } from '../client/session_book.js' */
/** @import { Login } from './login.js' */
/** @import { Sessions } from './sessions.js' */

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
  #button = byId('account', HTMLButtonElement);
  #dialog = byId('account-dialog', HTMLDialogElement);
  #receipt = byId('account-receipt', HTMLElement);
  #buttons = byId('account-buttons', HTMLElement);
  #name = '';
  isLoggedIn = false;

  /** @param {AccountOptions} options */
  constructor(options) {
    this.options = options;
    this.unclaimed = new UnclaimedSessions(options);
    this.#button.addEventListener('click', () => this.#ask());
  }

  /** @param {Login} login */
  show({ isLoggedIn, name }) {
    this.isLoggedIn = isLoggedIn;
    this.#name = name;
    this.#button.hidden = !isLoggedIn;
    this.unclaimed.show(isLoggedIn);
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
