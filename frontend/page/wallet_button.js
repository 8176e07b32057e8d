// The wallet of the person: connect it, see its account, tell the agent about it.

import { byId, el, setAttribute } from './dom.js';
import { hexElement, shortHex } from './hex.js';
import { walletProblem } from './wallet.js';

/** @import { Wallet } from './wallet.js' */

/** @typedef {{ wallet: Wallet, onTell: (text: string) => void, onProblem: (text: string) => void }} WalletButtonOptions */

export class WalletButton {
  #button = byId('wallet', HTMLButtonElement);
  #words = byId('wallet-words', HTMLElement);
  #menu = byId('wallet-menu', HTMLElement);

  /** @param {WalletButtonOptions} options */
  constructor(options) {
    this.options = options;
    this.#button.addEventListener('click', () => this.#setOpen(this.#menu.hidden !== false));
    document.addEventListener('click', (event) => {
      const isInside = event.target instanceof Node && (this.#button.contains(event.target) || this.#menu.contains(event.target));
      if (!isInside) this.#setOpen(false);
    });
    this.#menu.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.#setOpen(false);
      this.#button.focus();
    });
    this.render();
  }

  render() {
    const { wallet } = this.options;
    this.#words.textContent = wallet.account ? shortHex(wallet.account) : 'Wallet';
    this.#button.dataset.wallet = wallet.account ? 'connected' : wallet.isPresent ? 'present' : 'absent';
    if (!this.#menu.hidden) this.#fill();
  }

  #fill() {
    const { wallet } = this.options;
    this.#menu.replaceChildren(...(wallet.account ? this.#connected(wallet.account) : this.#unconnected()));
  }

  /** @param {string} account @returns {Node[]} */
  #connected(account) {
    const tell = () => {
      this.#setOpen(false);
      this.options.onTell(account);
    };
    return [
      el('p', {}, el('strong', {}, 'Wallet connected')),
      el('p', {}, hexElement(account)),
      el('p', { class: 'menu-note' }, 'It signs only what you approve. The agent never has your key.'),
      el('button', { type: 'button', class: 'button', on: { click: tell } }, 'Tell the agent my address'),
    ];
  }

  /** @returns {Node[]} */
  #unconnected() {
    const { wallet } = this.options;
    if (!wallet.isPresent) {
      const note = 'Any wallet extension that follows EIP-1193 works. The local test network needs none: there the agent sends with its own accounts.';
      return [el('p', {}, el('strong', {}, 'No wallet in this browser')), el('p', { class: 'menu-note' }, note)];
    }
    return [
      el('p', {}, el('strong', {}, 'Connect your wallet')),
      el('p', { class: 'menu-note' }, 'The agent prepares transactions; your wallet shows and signs them.'),
      el('button', { type: 'button', class: 'button primary', on: { click: () => void this.#connect() } }, 'Connect'),
    ];
  }

  async #connect() {
    try {
      await this.options.wallet.connect();
    } catch (error) {
      this.options.onProblem(walletProblem(error));
    }
  }

  /** @param {boolean} isOpen */
  #setOpen(isOpen) {
    if (this.#menu.hidden !== isOpen) return;
    if (isOpen) this.#fill();
    this.#menu.hidden = !isOpen;
    setAttribute(this.#button, 'aria-expanded', String(isOpen));
    if (isOpen) this.#menu.querySelector('button')?.focus();
  }
}
