// The local test network next to the conversation: its accounts, and blocks and transactions as they arrive.

import { readableAmount, shortAmount } from './amounts.js';
import { ChainFeed } from './chain_feed.js';
import { byId, el, icon, setAttribute } from './dom.js';
import { hexElement } from './hex.js';
import { isEscape } from './key_meanings.js';
import { accountName } from './local_node.js';
import { clockTime, fullTime } from './times.js';

/** @import { ChainAccount, ChainBlock, ChainTransaction } from './chain_feed.js' */
/** @import { LocalNode } from './local_node.js' */
/** @import { Cover } from './visits.js' */

/** The test network's native currency. */
const COIN = 'ETH';
const OPEN = 'forge.chain';
const narrow = matchMedia('(max-width: 1180px)');

export class ChainPanel {
  #panel = byId('chain', HTMLElement);
  #button = byId('open-chain', HTMLButtonElement);
  #summary = byId('chain-summary', HTMLElement);
  #accounts = byId('chain-accounts', HTMLElement);
  #blocks = byId('chain-blocks', HTMLElement);
  /** @type {Element | null} */
  #openedFrom = null;
  #back = () => this.#close();

  /** @param {LocalNode} node @param {{ storage: Storage, over: Cover }} options */
  constructor(node, { storage, over }) {
    this.storage = storage;
    this.over = over;
    this.feed = new ChainFeed(node, () => this.#render());
    this.#button.addEventListener('click', () => this.toggle());
    byId('close-chain', HTMLButtonElement).addEventListener('click', () => this.#close());
    this.#panel.addEventListener('keydown', (event) => {
      if (!isEscape(event)) return;
      event.stopPropagation();
      this.#close();
    });
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  /** Show the panel's button, or hide it if there is no such network. @param {boolean} isOffered */
  offer(isOffered) {
    if (this.#button.hidden !== isOffered) return;
    this.#button.hidden = !isOffered;
    const wasLeftOpen = this.storage.getItem(OPEN) === 'open' && !narrow.matches;
    this.#setOpen(isOffered && wasLeftOpen);
  }

  toggle() {
    if (this.isOpen) return this.#close();
    this.#openedFrom = document.activeElement;
    this.storage.setItem(OPEN, 'open');
    this.#setOpen(true);
    return byId('close-chain', HTMLButtonElement).focus();
  }

  #close() {
    this.storage.setItem(OPEN, 'closed');
    this.#setOpen(false);
    const before = this.#openedFrom instanceof HTMLElement && this.#openedFrom.checkVisibility() ? this.#openedFrom : this.#button;
    before.focus();
  }

  /** @param {boolean} isOpen */
  #setOpen(isOpen) {
    if (isOpen === this.isOpen) return;
    this.#panel.hidden = !isOpen;
    if (isOpen) this.over.cover(this.#back);
    else this.over.uncover(this.#back);
    setAttribute(this.#button, 'aria-expanded', String(isOpen));
    if (isOpen) this.feed.start();
    else this.feed.stop();
  }

  #render() {
    const { blocks, accounts, isReachable } = this.feed;
    const newest = blocks[0];
    this.#summary.textContent = isReachable
      ? newest ? `Block ${newest.number.toLocaleString('en')}` : 'Looking…'
      : 'The node does not answer; trying again.';
    this.#summary.dataset.reachable = String(isReachable);
    this.#accounts.replaceChildren(...accounts.map(accountElement));
    this.#showBlocks(blocks);
  }

  /** Only new blocks are built, so that no focus or open menu is lost. @param {ChainBlock[]} blocks */
  #showBlocks(blocks) {
    const shown = new Map([...this.#blocks.children].map((element) => [/** @type {HTMLElement} */ (element).dataset.block, element]));
    const elements = blocks.map((block) => shown.get(keyOf(block)) ?? blockElement(block));
    for (const element of shown.values()) if (!elements.includes(element)) element.remove();
    elements.forEach((element, at) => this.#blocks.children[at] !== element && this.#blocks.insertBefore(element, this.#blocks.children[at] ?? null));
  }
}

/** @param {ChainBlock} block */
function keyOf({ number, at }) {
  return `${number}-${at}`;
}

/** @param {ChainAccount} account */
function accountElement({ name, address, wei }) {
  const exact = wei === null ? null : readableAmount(wei, COIN);
  const amount = el('span', { class: 'chain-amount', title: exact }, wei === null ? '…' : shortAmount(wei, COIN));
  const spoken = el('span', { class: 'visually-hidden' }, ': copy address');
  return el('li', {}, el('button', { type: 'button', title: address, data: { copy: address } }, el('span', {}, name), amount, spoken, icon('copy')));
}

/** @param {ChainBlock} block */
function blockElement(block) {
  const { number, at, transactions } = block;
  const time = new Date(at).toISOString();
  const head = el('div', { class: 'chain-block-head' }, el('strong', {}, `Block ${number.toLocaleString('en')}`), el('time', { datetime: time, title: fullTime(time) }, clockTime(time)));
  const none = el('p', { class: 'chain-none' }, number === 0 ? 'The first block' : 'No transactions');
  const list = transactions.length ? el('ul', {}, ...transactions.map(transactionElement)) : none;
  return el('li', { class: 'chain-block', data: { block: keyOf(block) } }, head, list);
}

/** @param {ChainTransaction} transaction */
function transactionElement({ hash, from, to, value, input, isSuccess }) {
  const mark = el('span', { class: 'chain-mark', title: isSuccess === false ? 'reverted' : 'succeeded', data: { failed: isSuccess === false ? '' : null } }, icon(isSuccess === false ? 'cross' : 'check'));
  const isCall = to !== null && input !== '0x';
  const what = value === '0' && isCall ? 'call' : shortAmount(value, COIN);
  const way = el('span', { class: 'chain-way' }, ...who(from), ' → ', ...(to === null ? ['new contract'] : who(to)));
  const spoken = el('span', { class: 'visually-hidden' }, isSuccess === false ? ' reverted ' : ' ');
  return el('li', {}, mark, way, el('span', { class: 'chain-amount' }, what), spoken, hexElement(hash));
}

/** @param {string} address @returns {(Node | string)[]} */
function who(address) {
  const name = accountName(address);
  return name ? [el('span', { title: address }, name)] : [hexElement(address)];
}
