// Takes one wallet request through the person's wallet: claim it on the server, sign it, report the outcome. At most
// one wallet has a request at a time, and the server is told of every answer of the wallet, however late.

import { watchBrowserEvents } from '../client/browser_events.js';
import { RequestError } from '../client/http.js';
import { newKey } from '../client/outbox.js';
import { NotSent, sign } from './signing.js';

/** @import { ChatManager } from '../client/chat_manager.js' */
/** @import { NetworkInfo, PublicApproval } from '../client/frames.js' */
/** @import { SigningStep } from './signing.js' */
/** @import { SendOutcome } from './wallet_answers.js' */
/** @import { Wallet } from './wallet.js' */

const RENEW_MS = 40_000;

/**
 * `step` null: nothing is in progress. `told`: what this page has reported, until the server says what became of it.
 * `isClaimed`: this page holds the server's claim on the request. `isOvertaken`: it has lost that claim while its wallet
 * had the request. `asking`: how often the wallet was asked to send, and has not answered. `isUntold`: what the wallet
 * answered, with the `hash`, has not reached the server.
 * @typedef {object} Progress
 * @property {SigningStep | 'claim' | 'report' | null} step
 * @property {string} problem
 * @property {'sent' | 'unknown' | 'rejected' | null} told
 * @property {string | null} hash
 * @property {boolean} isClaimed
 * @property {boolean} isOvertaken
 * @property {number} asking
 * @property {boolean} isUntold
 */

export class Approving {
  /** @type {Progress} */
  progress = { step: null, problem: '', told: null, hash: null, isClaimed: false, isOvertaken: false, asking: 0, isUntold: false };
  #claimId = newKey();
  #attempt = 0;
  #controller = new AbortController();

  /** @param {string} sessionId @param {{ chat: ChatManager, wallet: Wallet, onChange: () => void }} options */
  constructor(sessionId, options) {
    this.sessionId = sessionId;
    this.options = options;
  }

  get isBusy() {
    return this.progress.step !== null;
  }

  /** Whether the wallet has been asked to send; after that, giving up does not undo it. */
  get isInWallet() {
    return this.progress.step === 'signature';
  }

  /** @param {PublicApproval} approval complete and verified @param {NetworkInfo | undefined} network @param {boolean} again true although something may have been sent */
  async approve(approval, network, again) {
    const { wallet } = this.options;
    const { chosen: offer, account: from } = wallet;
    if (this.isBusy || !offer || !from) return;
    const attempt = (this.#attempt += 1);
    this.#controller = new AbortController();
    this.#set({ step: 'network', problem: '', told: null, isOvertaken: false });
    const stopRenewing = this.#renewing(approval, from, attempt);
    let asked = 0;
    const outcome = await sign(offer, { ...approval, from }, {
      network,
      signal: this.#controller.signal,
      onStep: (step) => {
        asked = Number(step === 'signature');
        this.#set({ step, asking: this.progress.asking + asked });
      },
      onReady: () => this.#claimed(approval, from, again),
    });
    stopRenewing();
    this.#set({ asking: this.progress.asking - asked });
    await this.#ended(approval, from, outcome, attempt === this.#attempt);
  }

  /** Renews the claim while the wallet has the request, and at once when the page wakes. @param {PublicApproval} approval @param {string} from @param {number} attempt @returns {() => void} stops renewing */
  #renewing(approval, from, attempt) {
    const renew = async () => {
      if (!this.progress.isClaimed || attempt !== this.#attempt) return;
      const isLost = await this.#claim(approval, from, false).then(() => false, isAnothers);
      if (isLost && attempt === this.#attempt) this.#set({ isClaimed: false, isOvertaken: true });
    };
    const renewal = setInterval(() => void renew(), RENEW_MS);
    const unwatch = watchBrowserEvents({ wake: () => void renew(), doubt: () => {} });
    return () => {
      clearInterval(renewal);
      unwatch();
    };
  }

  /** Stop waiting for the wallet. It may still send what it was asked to send. @param {PublicApproval} approval */
  async stop(approval) {
    const { isInWallet, progress } = this;
    this.#leave();
    // Whoever has taken the request over has reported that this page's wallet did not answer.
    if (isInWallet && !progress.isOvertaken) await this.#report(approval, 'unknown');
    else this.#set({ step: null, isOvertaken: false, problem: isInWallet ? '' : 'You stopped before anything was signed.' });
  }

  /** @param {PublicApproval} approval @param {string} [reason] */
  async reject(approval, reason) {
    this.#leave();
    await this.#report(approval, 'rejected', undefined, reason);
  }

  /** The server has said what became of the reported answer, or nobody tells it any more. */
  settle() {
    const { isUntold, hash } = this.progress;
    this.progress = { ...this.progress, problem: '', told: null, hash: isUntold ? hash : null };
  }

  /** This page no longer waits for the wallet's answers. */
  #leave() {
    this.#attempt += 1;
    this.#controller.abort(new NotSent('You stopped before anything was signed.'));
  }

  /** @param {PublicApproval} approval @param {string} from @param {SendOutcome} outcome @param {boolean} isAwaited */
  async #ended(approval, from, outcome, isAwaited) {
    if (outcome.kind === 'sent') return this.#report(approval, 'sent', outcome.hash);
    if (!isAwaited) return undefined;
    if (outcome.kind === 'unknown') return this.#report(approval, 'unknown', undefined, outcome.problem);
    const problem = outcome.kind === 'declined' ? 'You declined in your wallet. Nothing was sent.' : outcome.problem;
    this.#set({ step: null, problem });
    return this.#release(approval, from);
  }

  /** @param {PublicApproval} approval @param {string} from @param {boolean} again */
  async #claimed(approval, from, again) {
    this.#set({ step: 'claim' });
    try {
      await this.#claim(approval, from, again);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      throw new NotSent(`${error.message} Nothing was sent.`);
    }
    this.#set({ isClaimed: true });
  }

  /** @param {PublicApproval} approval @param {string} account @param {boolean} again */
  #claim({ approval_id, digest }, account, again) {
    const { chat } = this.options;
    return chat.confirm(chat.api.claim(this.sessionId, { approval_id, digest, account, claim_id: this.#claimId, again }));
  }

  /** The wallet has certainly refused, so others may try. @param {PublicApproval} approval @param {string} account */
  async #release({ approval_id, digest }, account) {
    if (!this.progress.isClaimed) return;
    const claim = { approval_id, digest, account, claim_id: this.#claimId, release: true };
    const { chat } = this.options;
    const isReleased = await chat.confirm(chat.api.claim(this.sessionId, claim)).then(() => true, isAnothers);
    // The server is unreachable. The claim lapses by itself, and until then this page holds it.
    if (isReleased) this.#set({ isClaimed: false });
  }

  /** @param {PublicApproval} approval @param {'sent' | 'unknown' | 'rejected'} told @param {string} [hash] @param {string} [reason] */
  async #report({ approval_id }, told, hash, reason) {
    const { chat } = this.options;
    const claim_id = this.progress.isClaimed ? this.#claimId : undefined;
    this.#set({ step: 'report', problem: '', told, hash: hash ?? null, isUntold: this.progress.isUntold || told !== 'rejected' });
    const isAccepted = await chat.reportWallet(this.sessionId, { approval_id, outcome: told, transaction_hash: hash, reason, claim_id });
    this.#set(isAccepted ? { step: null, isUntold: false } : { step: null, problem: 'The server could not be told yet; see the message below.' });
  }

  /** @param {Partial<Progress>} change */
  #set(change) {
    this.progress = { ...this.progress, ...change };
    this.options.onChange();
  }
}

/** @param {unknown} error */
function isAnothers(error) {
  return error instanceof RequestError && error.status === 409;
}
