// The wallets to choose from on a network, and the report of the choice to the server.

import { developmentWallet } from './development_wallet.js';
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
