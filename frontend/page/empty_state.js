// The contents of a conversation that has not begun: what this application is, and things to try on the network.

import { byId, el, icon } from './dom.js';

/** @import { ChatState } from '../client/snapshot.js' */
/** @import { NetworkInfo } from '../client/frames.js' */

const ANY_ADDRESS = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045';
const HELP = { icon: 'info', title: 'Find out more', prompt: 'help' };

/**
 * `fills`: the prompt goes into the message box to be read and changed, because it asks for a transaction.
 * @typedef {{ icon: string, title: string, prompt: string, fills?: boolean }} Example
 */

/** Examples for the network on which the agent sends by itself: the test network, with its named accounts. @type {Example[]} */
const SENDING = [
  { icon: 'send-coin', title: 'Move some ether', prompt: 'send 1 ETH from Alice to Bob', fills: true },
  { icon: 'wallet', title: 'Look at an account', prompt: 'balance of Bob' },
  { icon: 'blocks', title: 'See the chain', prompt: 'latest block' },
  HELP,
];

/** Examples for networks on which only the person's own wallet signs. @type {Example[]} */
const SIGNING = [
  { icon: 'wallet', title: 'Look at an account', prompt: `balance of ${ANY_ADDRESS}` },
  { icon: 'blocks', title: 'See the chain', prompt: 'latest block' },
  { icon: 'send-coin', title: 'Prepare a payment for your wallet', prompt: `send 0.01 ETH to ${ANY_ADDRESS} with my wallet`, fills: true },
  HELP,
];

export class EmptyState {
  #region = byId('empty-state', HTMLElement);
  #examples = byId('examples', HTMLElement);
  #before = '';

  /** @param {{ onSend: (prompt: string) => void, onFill: (prompt: string) => void, networks: () => NetworkInfo[] }} options */
  constructor(options) {
    this.options = options;
  }

  /** @param {ChatState & { endedAt: number | null }} state */
  render({ messages, queued, outgoing, isLoaded, connectionStatus, hot, endedAt }) {
    const hasMessages = messages.length + queued.length + outgoing.length + (hot?.message_count ?? 0) > 0 || endedAt !== null;
    this.#region.hidden = hasMessages || !(isLoaded || connectionStatus === 'disconnected' || connectionStatus === 'offline');
    if (!this.#region.hidden) this.#show(examplesOn(this.options.networks().find(({ name }) => name === hot?.network)));
  }

  get isShown() {
    return !this.#region.hidden;
  }

  /** @param {Example[]} examples */
  #show(examples) {
    const now = JSON.stringify(examples);
    if (now === this.#before) return;
    this.#before = now;
    this.#examples.replaceChildren(...examples.map((example) => this.#element(example)));
  }

  /** @param {Example} example */
  #element({ icon: name, title, prompt, fills }) {
    const choose = () => (fills ? this.options.onFill(prompt) : this.options.onSend(prompt));
    return el('button', { type: 'button', class: 'example', on: { click: choose } }, icon(name), el('span', {}, el('strong', {}, title), el('span', {}, prompt)));
  }
}

/** Until the networks are known, the conversation counts as one on the test network, as new ones are. @param {NetworkInfo | undefined} network */
function examplesOn(network) {
  if (network?.sends ?? true) return SENDING;
  const isInEther = (network?.currency ?? 'ETH') === 'ETH';
  return SIGNING.filter(({ fills }) => isInEther || !fills);
}
