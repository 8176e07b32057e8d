// The wallets to choose from on a network, as buttons by which a person can tell them apart, and the report of the choice
// to the server. Anybody can give a wallet any name and picture, and also the domain name of another wallet's maker.

import { developmentWallet } from './development_wallet.js';
import { el, icon } from './dom.js';
import { ACCOUNTS, LOCAL_NETWORK, TEST_CHAIN_ID } from './local_node.js';

/** @import { ChatManager } from '../client/chat_manager.js' */
/** @import { ChatState } from '../client/snapshot.js' */
/** @import { LocalNode } from './local_node.js' */
/** @import { Offer, Wallet } from './wallet.js' */

export class WalletChoices {
  /** @type {Offer[]} */
  #development = [];

  /** @param {Wallet} wallet @param {LocalNode} node */
  constructor(wallet, node) {
    this.wallet = wallet;
    this.#development = Object.entries(ACCOUNTS).map(([name, address]) => {
      return { id: `development:${name}`, name, provider: developmentWallet(node, address), chains: [TEST_CHAIN_ID], account: address };
    });
  }

  /** The test accounts of the development wallet; none without a local node. @param {boolean} hasNode */
  development(hasNode) {
    return hasNode ? this.#development : [];
  }

  /** @param {string} network @param {boolean} hasNode */
  on(network, hasNode) {
    return [...this.wallet.offers, ...this.development(hasNode && network === LOCAL_NETWORK)];
  }

  /** The development wallet is used again after a reload, once it is known that there is a node. */
  resume() {
    for (const offer of this.#development) void this.wallet.resume(offer).catch(() => {});
  }
}

/** Reports the connected account to the server once for each conversation that the server knows. */
export class WalletTeller {
  #told = '';

  /** @param {{ chat: ChatManager, wallet: Wallet }} options */
  constructor(options) {
    this.options = options;
  }

  /** @param {ChatState} state */
  render({ sessionId, hot }) {
    if (hot && hot.generation > 0) void this.#tell(sessionId, hot.generation);
  }

  /** Report it before the first message, which may ask for the wallet at once. @param {ChatState} state */
  async beforeMessage({ sessionId, hot }) {
    if (this.options.wallet.account) await this.#tell(sessionId, hot?.generation ?? 0);
  }

  /** @param {string} sessionId @param {number} generation */
  async #tell(sessionId, generation) {
    const { wallet } = this.options;
    const account = wallet.chosen?.chains && this.options.chat.getState().hot?.network !== LOCAL_NETWORK ? null : wallet.plainAccount;
    const what = `${sessionId} ${generation} ${account}`;
    const before = this.#told;
    if (what === before || (account === null && !before.startsWith(`${sessionId} ${generation} 0x`))) return;
    this.#told = what;
    try {
      await this.options.chat.sendCommand(sessionId, 'set_wallet', { address: account });
      const now = this.options.chat.getState();
      if (now.sessionId === sessionId) this.#told = `${sessionId} ${now.hot?.generation ?? generation} ${account}`;
    } catch {
      // This is only a hint, because a request names its account when it is approved.
    }
  }
}

/** Whether two wallets cannot be told apart by what they state of themselves: one of them may imitate the other. @param {Offer} one @param {Offer} other */
export function areTwins(one, other) {
  return one !== other && (one.id === other.id || (Boolean(one.maker) && one.maker === other.maker));
}

/** A button's content: the picture, the label, and the wallet's maker if there is more than one wallet. @param {Offer} offer @param {string} label @param {Offer[]} offers @returns {(Node | null)[]} */
export function offerNodes(offer, label, offers) {
  const sign = offer.icon ? el('img', { src: offer.icon, alt: '', width: 20, height: 20 }) : null;
  const maker = isOneOfSeveral(offers) && offer.maker ? el('small', { class: 'wallet-maker', dir: 'ltr' }, offer.maker) : null;
  return [sign, el('span', { class: 'wallet-name' }, el('span', {}, label), maker)];
}

/** A warning if wallets cannot be told apart. @param {Offer[]} offers @returns {Node[]} */
export function twinNodes(offers) {
  const twins = offers.filter((offer) => offers.some((other) => areTwins(offer, other)));
  if (!twins.length) return [];
  const names = [...new Set(twins.map(({ name, maker }) => `${name} (${maker ?? 'it names no maker'})`))].join(', ');
  const text = `More than one wallet here says that it is ${names}. One of them may imitate the other: unless you installed both, connect neither.`;
  return [el('p', { class: 'approval-said', data: { tone: 'danger' } }, icon('warning'), el('span', {}, text))];
}

/** @param {Offer | null} asked the wallet that was asked for its account and has not answered */
export function waitingFor(asked) {
  return asked ? `Waiting for ${asked.name}: open it and answer there.` : '';
}

/** @param {Offer[]} offers */
function isOneOfSeveral(offers) {
  return offers.filter(({ chains }) => !chains).length > 1;
}
