// Every wallet request that waits, and what happens when a person decides.

import { ApprovalCard } from './approval_card.js';
import { TEST_CHAIN_ID } from './local_node.js';
import { walletProblem } from './wallet.js';

/** @import { ChatManager } from '../client/chat_manager.js' */
/** @import { ChatState } from '../client/snapshot.js' */
/** @import { NetworkInfo, PublicApproval } from '../client/frames.js' */
/** @import { Wallet } from './wallet.js' */

export class ApprovalList {
  /** @type {Map<string, ApprovalCard>} */
  #cards = new Map();
  /** Answered here; the server's confirmation may take a moment. @type {Set<string>} */
  #answered = new Set();

  /** @param {HTMLElement} list @param {{ chat: ChatManager, wallet: Wallet, networks: () => NetworkInfo[], onNew: (card: HTMLElement) => void }} options */
  constructor(list, options) {
    this.list = list;
    this.options = options;
  }

  /** @param {ChatState} state */
  render({ approvals, messages }) {
    const open = approvals.filter(({ approval_id }) => !this.#answered.has(approval_id));
    const ids = new Set(open.map(({ approval_id }) => approval_id));
    for (const [id, card] of this.#cards) {
      if (ids.has(id)) continue;
      card.element.remove();
      this.#cards.delete(id);
    }
    const lastAsked = messages.filter(({ sender }) => sender === 'user').at(-1)?.created_at ?? '';
    for (const approval of open) {
      const card = this.#show(approval);
      if (Date.parse(lastAsked) > Date.parse(approval.created_at)) card.foldOnce();
    }
  }

  /** @param {PublicApproval} approval @returns {ApprovalCard} */
  #show(approval) {
    const { wallet, networks, onNew } = this.options;
    const isNew = !this.#cards.has(approval.approval_id);
    let card = this.#cards.get(approval.approval_id);
    if (!card) {
      card = new ApprovalCard(approval, {
        onApprove: (now) => this.#approve(now),
        onReject: (now) => this.#answer(now, false),
      });
      this.#cards.set(approval.approval_id, card);
      this.list.append(card.element);
    }
    const network = networks().find(({ name }) => name === approval.network);
    const { chain_id } = approval;
    const canSign = wallet.signsOn(chain_id);
    card.update(approval, { network, account: wallet.account, canSign, isTestChain: chain_id === TEST_CHAIN_ID });
    if (isNew) onNew(card.element);
    return card;
  }

  /** @param {PublicApproval} approval */
  async #approve(approval) {
    const whole = approval.truncated ? await this.#wholeOf(approval) : approval;
    let hash;
    try {
      hash = await this.options.wallet.send(whole);
    } catch (error) {
      throw new Error(walletProblem(error));
    }
    await this.#answer(approval, true, hash);
  }

  /** A frame shows only the beginning of long call data; HTTP has all of it. @param {PublicApproval} approval */
  async #wholeOf({ approval_id }) {
    const { chat } = this.options;
    const state = await chat.api.state(chat.getSessionId());
    const whole = state.approvals.find((other) => other.approval_id === approval_id);
    if (!whole || whole.truncated) throw new Error('This request is no longer open.');
    return whole;
  }

  /** @param {PublicApproval} approval @param {boolean} isSent @param {string} [hash] */
  async #answer({ approval_id }, isSent, hash) {
    this.#answered.add(approval_id);
    this.#cards.get(approval_id)?.element.remove();
    this.#cards.delete(approval_id);
    await this.options.chat.sendTransactionResult(isSent, hash, undefined, approval_id);
  }
}
