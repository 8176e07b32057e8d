// Every waiting wallet request: fetched completely, checked, simulated for the person's account, and shown as a card.

import { coinOf } from './amounts.js';
import { ApprovalCard } from './approval_card.js';
import { canVerify, isVerified } from './approval_digest.js';
import { LapsedRequests, StillAsking } from './approval_lapsed.js';
import { situationOf } from './approval_situation.js';
import { summaryOf } from './approval_words.js';
import { Approving } from './approving.js';
import { AskList } from './ask_list.js';
import { ACCOUNTS, LOCAL_NETWORK } from './local_node.js';
import { addressesIn, withLookAlikes } from './look_alikes.js';
import { lastReceipts } from './receipts.js';

/** @import { ChatManager } from '../client/chat_manager.js' */
/** @import { ChatState } from '../client/snapshot.js' */
/** @import { NetworkInfo, PublicApproval, WalletReceipt } from '../client/frames.js' */
/** @import { ApprovalContext, Check, Situation } from './approval_situation.js' */
/** @import { Offer, Wallet } from './wallet.js' */

const LOOK_MS = 1_000;
/** @type {Situation[]} */
const TO_DECIDE = ['choose', 'unfit', 'mismatch', 'ready'];
const CLIENT_SAID = ['reported', 'unanswered', 'rejected'];

/**
 * `now` is the time of the server's clock; `offers`: wallets that may sign on a network.
 * @typedef {object} ApprovalListOptions
 * @property {() => number} now
 * @property {ChatManager} chat
 * @property {Wallet} wallet
 * @property {() => NetworkInfo[]} networks
 * @property {(network: string) => Offer[]} offers
 * @property {(card: HTMLElement) => void} onNew
 * @property {(text: string) => void} onSay
 * @property {(text: string) => void} onProblem
 * @property {() => void} onEmpty called when the focus would be lost
 * @property {() => void} onChange
 */

/** `since`: when the card was shown, epoch milliseconds of this computer. @typedef {{ since: number, card: ApprovalCard, approval: PublicApproval, approving: Approving, whole: PublicApproval | null, check: Check, checked: string, bound: string, bindProblem: string, seen: Set<string> }} Shown */

export class ApprovalList {
  /** @type {Map<string, Shown>} */
  #shown = new Map();
  #sessionId = '';
  #isLoaded = false;
  #lapsed = new LapsedRequests();
  #stillAsking = new StillAsking();
  #asks;

  /** @param {HTMLElement} list @param {ApprovalListOptions} options */
  constructor(list, options) {
    this.list = list;
    this.options = options;
    this.#asks = new AskList(options);
    list.before(this.#asks.element);
    list.after(this.#stillAsking.element, this.#lapsed.element);
    setInterval(() => this.waiting && this.render(options.chat.getState()), LOOK_MS);
  }

  /** The number of requests that wait for the person in the open conversation. */
  get waiting() {
    return this.#shown.size + this.#asks.waiting;
  }

  /** @param {ChatState} state */
  render(state) {
    if (state.sessionId !== this.#sessionId) this.#leave(state.sessionId);
    this.#asks.render(state);
    const now = this.options.now();
    const open = state.approvals.filter((approval) => this.#isOpen(approval, now));
    this.#lapsed.render(state.messages);
    this.#removeAllBut(new Set(open.map(({ approval_id }) => approval_id)));
    this.#stillAsking.render(this.#sessionId);
    const receipts = lastReceipts(state.messages);
    const known = open.length ? addressesIn(state.messages) : [];
    const lastAsked = Date.parse(state.messages.filter(({ sender }) => sender === 'user').at(-1)?.created_at ?? '');
    // A message that is on its way would be out of sight above a tall card.
    const lastWritten = state.outgoing.filter(({ kind }) => kind === 'chat').at(-1)?.at ?? 0;
    for (const approval of open) {
      const shown = this.#shown.get(approval.approval_id) ?? this.#add(approval);
      this.#update(shown, approval, state, { receipt: receipts.get(approval.approval_id) ?? null, known });
      const isPassed = lastAsked > Date.parse(approval.created_at) || lastWritten > shown.since;
      if (isPassed && !shown.approving.isBusy) shown.card.foldOnce();
    }
    this.#isLoaded = state.isLoaded;
  }

  /** The server leaves a request out after its end but sends nothing at that moment. @param {PublicApproval} approval @param {number} now */
  #isOpen(approval, now) {
    const shown = this.#shown.get(approval.approval_id);
    if (!(Date.parse(approval.expires_at) <= now) || shown?.approving.isBusy) return true;
    const { currency, isTest } = this.#networkOf(approval);
    if (shown) this.#lapsed.add(approval, summaryOf(approval, currency, isTest));
    return false;
  }

  /** @param {string} sessionId */
  #leave(sessionId) {
    this.#lapsed.clear();
    this.#sessionId = sessionId;
    this.#isLoaded = false;
    this.#removeAllBut(new Set());
  }

  /** @param {Set<string>} ids */
  #removeAllBut(ids) {
    let hadFocus = false;
    for (const [id, { card, approval, approving }] of this.#shown) {
      if (ids.has(id)) continue;
      const { currency, isTest } = this.#networkOf(approval);
      this.#stillAsking.add(approval, approving, summaryOf(approval, currency, isTest));
      hadFocus ||= card.element.contains(document.activeElement);
      card.element.remove();
      this.#shown.delete(id);
    }
    if (hadFocus) this.options.onEmpty();
  }

  /** @param {PublicApproval} approval @returns {Shown} */
  #add(approval) {
    const { chat, wallet, onChange, onSay } = this.options;
    const approving = this.#stillAsking.take(approval) ?? new Approving(this.#sessionId, { chat, wallet, onChange });
    const card = new ApprovalCard(approval, {
      onApprove: (now, again) => void this.#approve(now, again),
      onReject: (now, reason) => void approving.reject(now, reason || undefined),
      onStop: (now) => void approving.stop(now),
      onBind: (now) => this.#bind(now, true),
      onCheck: () => {
        shown.checked = '';
        onChange();
      },
      onConnect: (offer) => void wallet.connect(offer).catch((error) => this.options.onProblem(error.message)),
    });
    /** @type {Shown} */
    const shown = { since: Date.now(), card, approval, approving, whole: null, check: 'loading', checked: '', bound: '', bindProblem: '', seen: new Set() };
    this.#shown.set(approval.approval_id, shown);
    this.list.append(card.element);
    const { currency, isTest } = this.#networkOf(approval);
    if (this.#isLoaded) onSay(`Your signature is needed: ${summaryOf(approval, currency, isTest)}.`);
    return shown;
  }

  /** @param {PublicApproval} approval */
  #networkOf({ network: name }) {
    const network = this.options.networks().find((each) => each.name === name);
    return { network, currency: coinOf(network, name), isTest: name === LOCAL_NETWORK };
  }

  /** @param {Shown} shown @param {PublicApproval} approval @param {ChatState} state @param {{ receipt: WalletReceipt | null, known: string[] }} told by the conversation: the last receipt, and every address */
  #update(shown, approval, state, { receipt, known }) {
    const { wallet, now, offers } = this.options;
    shown.approval = approval;
    this.#check(shown, approval);
    const whole = shown.whole?.digest === approval.digest ? { ...shown.whole, claim: approval.claim, reported: approval.reported, expires_at: approval.expires_at } : approval;
    const underWay = state.outgoing.find((message) => message.approval?.approval_id === approval.approval_id)?.approval ?? null;
    const isChecking = state.isProcessing && CLIENT_SAID.includes(receipt?.outcome ?? '');
    if (shown.approving.progress.told && !shown.approving.isBusy && !underWay && !state.isProcessing) shown.approving.settle();
    const { network, isTest } = this.#networkOf(approval);
    const current = withLookAlikes(whole, [...known, ...(wallet.account ? [wallet.account] : []), ...(isTest ? Object.values(ACCOUNTS) : [])]);
    /** @type {ApprovalContext} */
    const context = {
      network,
      isTest,
      receipt,
      underWay,
      isChecking,
      check: shown.check,
      progress: shown.approving.progress,
      offer: wallet.chosen,
      account: wallet.account,
      asked: wallet.asked,
      canSign: wallet.signsOn(approval.chain_id),
      offers: offers(approval.network),
      bindProblem: shown.bindProblem,
      now: now(),
    };
    const situation = situationOf(current, context);
    if (situation === 'binding') this.#bind(current, false);
    shown.card.update(current, context);
    if (shown.seen.has(situation) || !TO_DECIDE.includes(situation)) return;
    // A card is scrolled to its beginning each time that there is something new to decide; its buttons stay visible.
    shown.seen.add(situation);
    this.options.onNew(shown.card.element);
  }

  /** Fetch the whole request and compute its digest, until it is known: a later frame may hold only the beginning again. @param {Shown} shown @param {PublicApproval} approval */
  #check(shown, approval) {
    const form = `${approval.digest} ${approval.truncated ?? false}`;
    const isKnown = shown.check === 'verified' && shown.whole?.digest === approval.digest;
    if (shown.checked === form || isKnown) return;
    Object.assign(shown, { checked: form, check: canVerify() ? 'loading' : 'insecure', whole: null, bindProblem: '' });
    if (shown.check === 'insecure') return;
    const found = async () => {
      const whole = approval.truncated ? await this.#wholeOf(approval) : approval;
      if (shown.checked !== form) return;
      const isRight = whole.digest === approval.digest && (await isVerified(whole));
      Object.assign(shown, { whole, check: isRight ? 'verified' : 'different' });
    };
    void found()
      .catch(() => shown.checked === form && Object.assign(shown, { check: 'unreachable' }))
      .then(() => this.options.onChange());
  }

  /** A frame may hold only the beginning of a request; HTTP has the whole. @param {PublicApproval} approval */
  async #wholeOf({ approval_id }) {
    const state = await this.options.chat.api.state(this.#sessionId);
    const whole = state.approvals.find((other) => other.approval_id === approval_id);
    if (!whole) throw new Error('This request is no longer open.');
    return whole;
  }

  /** Have the request simulated for the account in use and bound to it. @param {PublicApproval} approval @param {boolean} isAsked */
  #bind({ approval_id, digest }, isAsked) {
    const shown = this.#shown.get(approval_id);
    const { plainAccount: account } = this.options.wallet;
    const what = `${digest} ${account}`;
    if (!shown || !account || (shown.bound === what && !isAsked)) return;
    Object.assign(shown, { bound: what, bindProblem: '' });
    const { chat, onChange, onProblem } = this.options;
    const failed = (/** @type {string} */ words) => {
      shown.bindProblem = words;
      if (isAsked) onProblem(words);
      onChange();
    };
    const isBound = () => chat.getState().approvals.some((now) => now.approval_id === approval_id && now.sender);
    void chat.sendCommand(this.#sessionId, 'bind_wallet', { approval_id, address: account }).then(
      ({ success, message }) => (success && isBound() ? onChange() : failed(success ? 'The server did not do so.' : message)),
      (error) => failed(error.message),
    );
  }

  /** @param {PublicApproval} approval @param {boolean} again */
  async #approve(approval, again) {
    const shown = this.#shown.get(approval.approval_id);
    if (!shown?.whole || !(await isVerified(shown.whole)) || shown.whole.digest !== approval.digest) return;
    await shown.approving.approve(shown.whole, this.#networkOf(approval).network, again);
  }
}
