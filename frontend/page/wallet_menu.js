// The person's wallet: choose and connect it, see its account, tell the agent about it.

import { readableAmount, shortAmount } from './amounts.js';
import { byId, el, icon, setAttribute } from './dom.js';
import { hexElement, shortHex } from './hex.js';
import { closeByEscape } from './key_meanings.js';
import { accountName } from './local_node.js';
import { UNNAMED_WALLET } from './wallet_dialects.js';
import { offerNodes, twinNodes, waitingFor } from './wallet_choices.js';

/** @import { Cover } from './visits.js' */
/** @import { Offer, Wallet } from './wallet.js' */

/**
 * `development`: the test accounts that sign on the local network; `currency`: the name of a chain's native currency.
 * @typedef {object} WalletButtonOptions
 * @property {Wallet} wallet
 * @property {Cover} over
 * @property {() => Offer[]} development
 * @property {(chainId: number) => string} currency
 * @property {(text: string) => void} onTell
 * @property {(text: string) => void} onProblem
 */

export class WalletButton {
  #button = byId('wallet', HTMLButtonElement);
  #words = byId('wallet-words', HTMLElement);
  #menu = byId('wallet-menu', HTMLElement);
  #waiting = el('p', { class: 'menu-note', role: 'status' });
  #leave = () => {
    this.#setOpen(false);
    this.#button.focus();
  };

  /** @param {WalletButtonOptions} options */
  constructor(options) {
    this.options = options;
    this.#button.addEventListener('click', () => this.#setOpen(this.#menu.hidden !== false));
    document.addEventListener('click', (event) => {
      const isInside = event.target instanceof Node && (this.#button.contains(event.target) || !event.target.isConnected || this.#menu.contains(event.target));
      if (!isInside) this.#setOpen(false);
    });
    closeByEscape(() => !this.#menu.hidden, this.#leave);
    this.render();
  }

  render() {
    const { wallet } = this.options;
    const words = wallet.account ? (this.#developer() ?? shortHex(wallet.account)) : 'Wallet';
    this.#words.textContent = words;
    this.#button.setAttribute('aria-label', wallet.account ? `Wallet: ${words}` : 'Wallet');
    this.#button.dataset.wallet = wallet.account ? 'connected' : wallet.isPresent ? 'present' : 'absent';
    if (!this.#menu.hidden) this.#fill();
  }

  /** The name of the test account in use. */
  #developer() {
    const { account, chosen } = this.options.wallet;
    return chosen?.chains ? accountName(account) : undefined;
  }

  #fill() {
    const { wallet } = this.options;
    const focused = this.#menu.contains(document.activeElement) ? document.activeElement?.textContent : null;
    this.#waiting.textContent = waitingFor(wallet.asked);
    this.#menu.replaceChildren(...(wallet.account ? this.#connected(wallet.account) : this.#unconnected()));
    const buttons = [...this.#menu.querySelectorAll('button')];
    if (focused !== null) (buttons.find(({ textContent }) => textContent === focused) ?? buttons[0])?.focus();
  }

  /** @param {string} account @returns {Node[]} */
  #connected(account) {
    const { wallet } = this.options;
    const name = this.#developer();
    const balance = el('p', { class: 'wallet-balance' });
    void wallet.balance().then((found) => {
      if (!found) return;
      const currency = this.options.currency(found.chainId);
      balance.replaceChildren(el('span', { title: readableAmount(found.wei, currency) }, shortAmount(found.wei, currency)));
    });
    const tell = () => {
      this.#setOpen(false);
      this.options.onTell(wallet.plainAccount ?? account);
    };
    const note = name
      ? 'Play money on this computer’s test network. It signs only what you approve.'
      : 'It signs only what you approve. The agent never has your key.';
    return [
      el('p', {}, el('strong', {}, name ? `Development wallet (${name})` : (wallet.chosen?.name ?? 'Wallet'))),
      el('p', {}, hexElement(account)),
      balance,
      el('p', { class: 'menu-note' }, note),
      el(
        'div',
        { class: 'wallet-buttons' },
        el('button', { type: 'button', class: 'button', on: { click: tell } }, 'Tell the agent my address'),
        el('button', { type: 'button', class: 'text-button', on: { click: () => wallet.disconnect() } }, 'Disconnect'),
      ),
    ];
  }

  /** @returns {Node[]} */
  #unconnected() {
    const { wallet } = this.options;
    const development = this.options.development();
    const offers = wallet.offers.map((offer) => this.#offerButton(offer));
    const none = 'Any wallet extension that follows EIP-1193 works.';
    const some = 'The agent prepares transactions; your wallet shows and signs them.';
    return [
      el('p', {}, el('strong', {}, offers.length ? 'Connect your wallet' : 'No wallet extension in this browser')),
      el('p', { class: 'menu-note' }, offers.length ? some : none),
      this.#waiting,
      ...twinNodes(wallet.offers),
      ...offers,
      ...(development.length ? this.#developmentOffer(development) : []),
    ];
  }

  /** @param {Offer} offer */
  #offerButton(offer) {
    const label = offer.name === UNNAMED_WALLET ? 'Connect' : `Connect ${offer.name}`;
    return el('button', { type: 'button', class: 'button wallet-choice', on: { click: () => void this.#connect(offer) } }, ...offerNodes(offer, label, this.options.wallet.offers));
  }

  /** @param {Offer[]} offers @returns {Node[]} */
  #developmentOffer(offers) {
    const accounts = offers.map((offer) =>
      el('button', { type: 'button', class: 'account-button', on: { click: () => void this.#connect(offer) } }, offer.name),
    );
    return [
      el('hr'),
      el('p', {}, icon('flame'), el('strong', {}, ' Development wallet')),
      el('p', { class: 'menu-note' }, 'Sign on the local test network as one of its accounts. No real money, no extension.'),
      el('div', { class: 'account-buttons', role: 'group', 'aria-label': 'Development wallet' }, ...accounts),
    ];
  }

  /** @param {Offer} offer */
  async #connect(offer) {
    await this.options.wallet.connect(offer).catch((error) => this.options.onProblem(error.message));
  }

  /** @param {boolean} isOpen */
  #setOpen(isOpen) {
    if (this.#menu.hidden !== isOpen) return;
    if (isOpen) this.#fill();
    this.#menu.hidden = !isOpen;
    setAttribute(this.#button, 'aria-expanded', String(isOpen));
    this.options.over[isOpen ? 'cover' : 'uncover'](this.#leave);
    if (isOpen) this.#menu.querySelector('button')?.focus();
  }
}
