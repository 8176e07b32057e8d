// The wallet of the person: choose and connect it, see its account, tell the agent about it.

import { readableAmount, shortAmount } from './amounts.js';
import { developmentWallet } from './development_wallet.js';
import { byId, el, icon, setAttribute } from './dom.js';
import { hexElement, shortHex } from './hex.js';
import { ACCOUNTS, accountName, TEST_CHAIN_ID } from './local_node.js';
import { walletProblem } from './wallet.js';

/** @import { LocalNode } from './local_node.js' */
/** @import { Offer, Wallet } from './wallet.js' */

/**
 * `testNode`: the local node while the conversation is on the test network, else null.
 * @typedef {object} WalletButtonOptions
 * @property {Wallet} wallet
 * @property {() => LocalNode | null} testNode
 * @property {(text: string) => void} onTell
 * @property {(text: string) => void} onProblem
 */

export class WalletButton {
  #button = byId('wallet', HTMLButtonElement);
  #words = byId('wallet-words', HTMLElement);
  #menu = byId('wallet-menu', HTMLElement);

  /** @param {WalletButtonOptions} options */
  constructor(options) {
    this.options = options;
    this.#button.addEventListener('click', () => this.#setOpen(this.#menu.hidden !== false));
    document.addEventListener('click', (event) => {
      const isInside = event.target instanceof Node && (this.#button.contains(event.target) || !event.target.isConnected || this.#menu.contains(event.target));
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
    const hadFocus = this.#menu.contains(document.activeElement);
    this.#menu.replaceChildren(...(wallet.account ? this.#connected(wallet.account) : this.#unconnected()));
    if (hadFocus) this.#menu.querySelector('button')?.focus();
  }

  /** @param {string} account @returns {Node[]} */
  #connected(account) {
    const { wallet } = this.options;
    const name = this.#developer();
    const balance = el('p', { class: 'wallet-balance' });
    void wallet.balance().then((wei) => wei !== null && balance.replaceChildren(el('span', { title: readableAmount(wei) }, shortAmount(wei))));
    const tell = () => {
      this.#setOpen(false);
      this.options.onTell(account);
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
    const node = this.options.testNode();
    const offers = wallet.offers.map((offer) => this.#offerButton(offer));
    const none = 'Any wallet extension that follows EIP-1193 works.';
    const some = 'The agent prepares transactions; your wallet shows and signs them.';
    return [
      el('p', {}, el('strong', {}, offers.length ? 'Connect your wallet' : 'No wallet extension in this browser')),
      el('p', { class: 'menu-note' }, offers.length ? some : none),
      ...offers,
      ...(node ? this.#developmentOffer(node) : []),
    ];
  }

  /** @param {Offer} offer */
  #offerButton(offer) {
    const label = offer.name === 'Browser wallet' ? 'Connect' : `Connect ${offer.name}`;
    return el('button', { type: 'button', class: 'button primary', on: { click: () => void this.#connect(offer) } }, label);
  }

  /** @param {LocalNode} node @returns {Node[]} */
  #developmentOffer(node) {
    const accounts = Object.entries(ACCOUNTS).map(([name, address]) => {
      const offer = { name: 'Development wallet', provider: developmentWallet(node, address), chains: [TEST_CHAIN_ID] };
      return el('button', { type: 'button', class: 'account-button', on: { click: () => void this.#connect(offer) } }, name);
    });
    return [
      el('hr'),
      el('p', {}, icon('flame'), el('strong', {}, ' Development wallet')),
      el('p', { class: 'menu-note' }, 'Sign on the local test network as one of its accounts. No real money, no extension.'),
      el('div', { class: 'account-buttons', role: 'group', 'aria-label': 'Development wallet' }, ...accounts),
    ];
  }

  /** @param {Offer} offer */
  async #connect(offer) {
    try {
      await this.options.wallet.connect(offer);
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
