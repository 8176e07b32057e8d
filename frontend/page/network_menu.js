// The chip that names the conversation's network, and the menu that changes it.

import { byId, el, icon, setAttribute } from './dom.js';
import { setExplorer } from './hex.js';
import { closeByEscape } from './key_meanings.js';
import { setKnownHosts, watchLinks } from './links.js';

/** @import { ChatManager } from '../client/chat_manager.js' */
/** @import { ChatState } from '../client/snapshot.js' */
/** @import { NetworkInfo } from '../client/frames.js' */
/** @import { Cover } from './visits.js' */

const AGAIN_MS = 5_000;

export class NetworkMenu {
  #chip = byId('network', HTMLButtonElement);
  #name = byId('network-name', HTMLElement);
  #menu = byId('network-menu', HTMLElement);
  #current = '';
  /** @type {NetworkInfo[]} */
  networks = [];
  #back = () => this.#leave();

  /** `onChain`: shows the local chain, if there is one. @param {{ chat: ChatManager, over: Cover, onProblem: (text: string) => void, onNetworks: () => void, onChain: () => (() => void) | null }} options */
  constructor(options) {
    this.options = options;
    watchLinks();
    this.#chip.addEventListener('click', () => this.#setOpen(this.#menu.hidden !== false));
    this.#menu.addEventListener('keydown', (event) => this.#key(event));
    closeByEscape(() => !this.#menu.hidden, () => this.#leave());
    document.addEventListener('click', (event) => {
      const isInside = event.target instanceof Node && (this.#chip.contains(event.target) || this.#menu.contains(event.target));
      if (!isInside) this.#setOpen(false);
    });
  }

  /** Request the networks until a worker has published them. */
  async load() {
    const { chat, onNetworks } = this.options;
    const result = await chat.api.command(chat.getSessionId(), 'list_networks').catch(() => null);
    this.networks = networksIn(result?.data);
    if (!this.networks.length) {
      setTimeout(() => void this.load(), AGAIN_MS);
      return;
    }
    setKnownHosts(this.networks.flatMap(({ explorer }) => explorer ?? []));
    this.#render();
    onNetworks();
  }

  /** @param {ChatState} state */
  render({ hot }) {
    if (!hot || hot.network === this.#current) return;
    this.#current = hot.network;
    this.#render();
  }

  #render() {
    const known = this.networks.find(({ name }) => name === this.#current);
    this.#name.textContent = known?.title ?? (this.#current || 'Network');
    this.#chip.dataset.network = this.#current;
    setExplorer(known?.explorer);
    const show = this.options.onChain();
    this.#menu.replaceChildren(...this.networks.map((network) => this.#option(network)), ...(show ? [this.#chainItem(show)] : []));
  }

  /** For narrow screens, where the bar has no room for the button. @param {() => void} show */
  #chainItem(show) {
    const open = () => {
      this.#setOpen(false);
      this.#chip.focus();
      show();
    };
    return el('button', { type: 'button', role: 'menuitem', class: 'menu-chain', on: { click: open } }, icon('blocks'), el('span', { class: 'network-title' }, 'Blocks and accounts'));
  }

  /** @param {NetworkInfo} network */
  #option({ name, title, chain_id, sends }) {
    const isCurrent = name === this.#current;
    const note = sends ? 'the agent sends by itself' : 'your wallet signs';
    return el(
      'button',
      {
        type: 'button',
        role: 'menuitemradio',
        'aria-checked': String(isCurrent),
        data: { network: name },
        on: { click: () => void this.#choose(name) },
      },
      el('span', { class: 'network-dot' }),
      el('span', { class: 'network-title' }, title, el('small', {}, `Chain ${chain_id} · ${note}`)),
      isCurrent && icon('check'),
    );
  }

  /** @param {string} network */
  async #choose(network) {
    this.#setOpen(false);
    this.#chip.focus();
    if (network === this.#current) return;
    this.#chip.setAttribute('aria-busy', 'true');
    try {
      const result = await this.options.chat.sendNetworkSwitchRequest(network);
      if (!result.success) this.options.onProblem(result.message);
    } catch (error) {
      this.options.onProblem(`The network was not changed: ${/** @type {Error} */ (error).message}`);
    }
    this.#chip.removeAttribute('aria-busy');
  }

  /** @param {boolean} isOpen */
  #setOpen(isOpen) {
    if (this.#menu.hidden !== isOpen) return;
    if (isOpen) this.#render();
    this.#menu.hidden = !isOpen;
    setAttribute(this.#chip, 'aria-expanded', String(isOpen));
    this.options.over[isOpen ? 'cover' : 'uncover'](this.#back);
    if (isOpen) /** @type {HTMLElement | null} */ (this.#menu.querySelector('[aria-checked="true"]') ?? this.#menu.firstElementChild)?.focus();
  }

  #leave() {
    this.#setOpen(false);
    this.#chip.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const options = /** @type {HTMLElement[]} */ ([...this.#menu.children]).filter((option) => option.checkVisibility());
    const at = options.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      options[(at + step + options.length) % options.length]?.focus();
    }
  }
}

/** @param {unknown} data @returns {NetworkInfo[]} */
function networksIn(data) {
  const list = Array.isArray(data) ? data : /** @type {{ networks?: unknown } | null} */ (data)?.networks;
  return Array.isArray(list) ? list.filter((network) => typeof network?.name === 'string').map((network) => ({ title: network.name, ...network })) : [];
}
