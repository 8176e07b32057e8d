// Every wallet request that waits, and what happens when a person decides.

import { ApprovalCard } from './approval_card.js';
import { el, icon } from './dom.js';
import { TEST_CHAIN_ID } from './local_node.js';
import { walletProblem } from './wallet.js';

/** @import { ChatManager } from '../client/chat_manager.js' */
/** @import { ChatState } from '../client/snapshot.js' */
/** @import { NetworkInfo, PublicApproval } from '../client/frames.js' */
/** @import { Wallet } from './wallet.js' */

/** Of what `setTimeout` can count. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const SHORTEST_TIMER_MS = 500;

export class ApprovalList {
  /** @type {Map<string, ApprovalCard>} */
  #cards = new Map();
  /** Answered here; the server's confirmation may take a moment. @type {Set<string>} */
  #answered = new Set();
  /** Requests that ended unanswered, until the conversation goes on. @type {Map<string, PublicApproval>} */
  #lapsed = new Map();
  #lapsedLines = el('div');
  #sessionId = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** `now` by the server's clock. @param {HTMLElement} list @param {{ now: () => number, chat: ChatManager, wallet: Wallet, networks: () => NetworkInfo[], onNew: (card: HTMLElement) => void }} options */
  constructor(list, options) {
    this.list = list;
    this.options = options;
    list.after(this.#lapsedLines);
  }

  /** @param {ChatState} state */
  render({ sessionId, approvals, messages }) {
    if (sessionId !== this.#sessionId) this.#lapsed.clear();
    this.#sessionId = sessionId;
    const now = this.options.now();
    const waiting = approvals.filter(({ approval_id }) => !this.#answered.has(approval_id));
    const open = waiting.filter(({ approval_id, expires_at }) => !(Date.parse(expires_at) <= now) || this.#cards.get(approval_id)?.isBusy);
    for (const approval of waiting) if (!open.includes(approval)) this.#lapsed.set(approval.approval_id, approval);
    this.#showLapsed(messages);
    this.#wakeAtNextEnd(open, now);
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

  /** What has ended is said until somebody writes again; the agent hears of it with that message. @param {ChatState['messages']} messages */
  #showLapsed(messages) {
    const lastAt = Date.parse(messages.at(-1)?.created_at ?? '') || 0;
    for (const [id, { expires_at }] of this.#lapsed) if (lastAt > Date.parse(expires_at)) this.#lapsed.delete(id);
    if (this.#lapsedLines.childElementCount === this.#lapsed.size) return;
    this.#lapsedLines.replaceChildren(
      ...[...this.#lapsed.values()].map(({ description }) =>
        el('p', { class: 'notice-line', role: 'status', dir: 'auto' }, icon('clock'), el('span', {}, `Expired without an answer, nothing was signed: ${description}`)),
      ),
    );
  }

  /** The server leaves a request out from its end on, but tells nobody at that moment. @param {PublicApproval[]} open @param {number} now */
  #wakeAtNextEnd(open, now) {
    clearTimeout(this.#timer);
    const next = Math.min(...open.map(({ expires_at }) => Date.parse(expires_at)));
    if (!Number.isFinite(next)) return;
    const delay = Math.min(LONGEST_TIMER_MS, Math.max(SHORTEST_TIMER_MS, next - now + 20));
    this.#timer = setTimeout(() => this.render(this.options.chat.getState()), delay);
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
