// The decision about a wallet request: what is in progress, what is missing, and the buttons. It is built again only
// when one of these changes, so that a press or a tick is never lost.

import { dangersOf, named, words } from './approval_words.js';
import { STILL_ASKS, doubtsOf, situationOf } from './approval_situation.js';
import { el, icon } from './dom.js';
import { isComposing } from './key_meanings.js';
import { offerNodes, twinNodes, waitingFor } from './wallet_choices.js';

/** @import { ApprovalReply, PublicApproval, WalletReceipt } from '../client/frames.js' */
/** @import { ApprovalContext, Check, Situation } from './approval_situation.js' */
/** @import { Progress } from './approving.js' */
/** @import { Offer } from './wallet.js' */

/**
 * @typedef {object} ApprovalActions
 * @property {(approval: PublicApproval, again: boolean) => void} onApprove
 * @property {(approval: PublicApproval, reason: string) => void} onReject
 * @property {(approval: PublicApproval) => void} onStop
 * @property {(approval: PublicApproval) => void} onBind
 * @property {(approval: PublicApproval) => void} onCheck
 * @property {(offer: Offer) => void} onConnect
 */

const STEPS = /** @type {Record<NonNullable<Progress['step']>, string>} */ ({
  network: 'Open your wallet: it may ask you to switch the network.',
  account: 'Open your wallet: it has to name its account.',
  claim: 'Making sure that no other tab or device signs this…',
  signature: 'Open your wallet: it asks you to sign. It has not answered yet.',
  report: 'Telling the server…',
});
const SAID = { sent: 'Sent.', unknown: 'Your wallet gave no usable answer.', rejected: 'Rejected.' };
const TOLD = { sent: 'Looking for it on the chain…', unknown: 'Looking on the chain for what it may have sent…', rejected: 'Telling the agent…' };
const UNTOLD = 'The server does not know it yet.';
const CHECKS = /** @type {Record<Check, string>} */ ({
  loading: 'Getting all of the request before anybody can sign it…',
  unreachable: 'All of the request could not be fetched, so it cannot be signed yet.',
  different: 'What is shown here is not what the server’s digest stands for. It cannot be signed.',
  insecure: 'This page is not served over https, so it cannot check what would be signed. Open it over https, or on the computer that runs the server as http://127.0.0.1 or http://localhost.',
  verified: '',
});

const UNTRIED = 'It could not be simulated for your account, so nobody knows what it does to it: ';

/** Maximum characters of a reason; the server keeps no more. */
const LONGEST = 500;

export class ApprovalFoot {
  #before = '';
  #ticked = new Set();
  #problem = el('p', { class: 'approval-problem', role: 'alert' });
  #status = el('div', { class: 'approval-status', role: 'status' });
  #choices = el('div', { class: 'approval-choices' });
  #buttons = el('div', { class: 'approval-buttons' });
  #reason = new ReasonField();
  element = el('div', { class: 'approval-foot' }, this.#problem, this.#status, this.#choices, this.#reason.element, this.#buttons);

  /** @param {ApprovalActions} actions */
  constructor(actions) {
    this.actions = actions;
  }

  /** @param {PublicApproval} approval @param {ApprovalContext} context */
  update(approval, context) {
    const situation = situationOf(approval, context);
    const { progress, check, account, offers, bindProblem, underWay, asked } = context;
    const doubts = doubtsOf(approval, context);
    const now = JSON.stringify([situation, progress, underWay, asked?.id, check, account, bindProblem, doubts, dangersOf(approval), approval.digest, approval.sender, offers.map(({ id, name, maker, icon: sign }) => [id, name, maker, Boolean(sign)])]);
    if (now === this.#before) return;
    this.#before = now;
    const hadFocus = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.['act'];
    const isInside = this.element.contains(document.activeElement);
    if (this.#problem.textContent !== progress.problem) this.#problem.textContent = progress.problem;
    this.#status.replaceChildren(...this.#statusNodes(situation, approval, context));
    this.#choices.replaceChildren(...this.#choiceNodes(situation, approval, context));
    this.#buttons.replaceChildren(...this.#buttonNodes(situation, approval, context, doubts));
    this.#reason.update(this.#buttons.querySelector('[data-act="reject"]'));
    this.element.dataset['situation'] = situation;
    if (isInside) this.#focus(hadFocus);
  }

  /** @param {string | undefined} act */
  #focus(act) {
    const same = act ? this.element.querySelector(`[data-act="${CSS.escape(act)}"]:not(:disabled)`) : null;
    const next = same ?? this.element.querySelector('button:not(:disabled)') ?? this.element.closest('.approval')?.querySelector('button');
    if (next instanceof HTMLElement) next.focus();
  }

  /** @param {Situation} situation @param {PublicApproval} approval @param {ApprovalContext} context @returns {Node[]} */
  #statusNodes(situation, approval, { progress, check, account, isTest, bindProblem, receipt, underWay, asked }) {
    const told = toldOf(progress, underWay, receipt);
    switch (situation) {
      case 'overtaken':
        return [line('warning', [`The request was taken over or answered elsewhere. ${STILL_ASKS}`])];
      case 'working':
        return [line('spinner', [STEPS[progress.step ?? 'network']])];
      case 'told':
        return [line('spinner', [`${SAID[told]} ${underWay ? UNTOLD : TOLD[told]}`, ...hashNodes(progress.hash ?? underWay?.transaction_hash ?? receipt?.transaction_hash)])];
      case 'elsewhere':
        return [line('wallet', ['Another tab or device has this request in a wallet now, to be signed by ', ...named(approval.claim?.account ?? '', isTest), `. ${STILL_ASKS}`])];
      case 'unchecked':
        return [line(check === 'loading' ? 'spinner' : 'warning', [CHECKS[check]])];
      case 'mismatch':
        return [line('warning', ['This request is for ', ...named(approval.sender ?? '', isTest), ', and your wallet shows ', ...named(account ?? '', isTest), '. Switch the account in your wallet, or have the request made for this one.'])];
      case 'binding':
        return [line('spinner', ['Simulating it for your account…'])];
      case 'choose':
        return asked ? [line('spinner', [waitingFor(asked)])] : [];
      case 'unfit':
        return [line('info', ['The development wallet signs on the test network only, and this request is for another.'])];
      default:
        return isUntried(approval, bindProblem) ? [line('warning', [UNTRIED, ...words(`“${bindProblem}”`, isTest)])] : [];
    }
  }

  /** @param {Situation} situation @param {PublicApproval} approval @param {ApprovalContext} context @returns {Node[]} */
  #choiceNodes(situation, { sender }, { offers, isTest }) {
    if (situation !== 'choose' && situation !== 'unfit') return [];
    if (!offers.length) {
      return [el('p', {}, 'There is no wallet in this browser. Install a wallet extension, or open this page in your wallet app’s own browser.')];
    }
    const isOnly = offers.length === 1;
    const title = isTest && offers.every(({ chains }) => chains) ? 'Sign on the test network as' : isOnly ? 'Your wallet has to sign this' : 'Which wallet shall sign?';
    const buttons = offers.map((offer) => {
      const isRequested = Boolean(sender) && offer.account?.toLowerCase() === sender?.toLowerCase();
      const look = offer.chains ? 'account-button' : `button wallet-choice${isOnly ? ' primary' : ''}`;
      const properties = { type: 'button', class: look, data: { act: `connect-${offer.id}`, requested: isRequested ? '' : null }, on: { click: () => this.actions.onConnect(offer) } };
      const nodes = offerNodes(offer, isOnly ? `Connect ${offer.name}` : offer.name, offers);
      return el('button', properties, isRequested && !offer.icon && icon('check'), ...nodes, isRequested && el('span', { class: 'visually-hidden' }, ', for whom the request is made'));
    });
    return [el('p', { class: 'approval-question' }, title), ...twinNodes(offers), el('div', { class: 'wallet-choices', role: 'group', 'aria-label': title }, ...buttons)];
  }

  /** @param {Situation} situation @param {PublicApproval} approval @param {ApprovalContext} context @param {string[]} doubts @returns {Node[]} */
  #buttonNodes(situation, approval, { progress, receipt, bindProblem, underWay }, doubts) {
    const { onReject, onStop, onBind, onCheck } = this.actions;
    const reject = button('reject', 'Reject', '', () => onReject(approval, this.#reason.text));
    switch (situation) {
      case 'overtaken':
      case 'working':
        return [reject, button('stop', 'Stop waiting', '', () => onStop(approval))];
      case 'told':
        return toldOf(progress, underWay, receipt) === 'unknown' ? [reject] : [];
      case 'unchecked':
        return [reject, button('check', 'Try again', '', () => onCheck(approval))];
      case 'mismatch':
        return [reject, button('bind', 'Use this account', '', () => onBind(approval))];
      case 'ready':
        return this.#ready(approval, doubts, bindProblem, reject);
      case 'elsewhere':
      case 'binding':
        return [reject, button('approve', 'Approve in wallet', 'primary', () => {}, true)];
      default:
        return [reject];
    }
  }

  /** A request that is dangerous, could not be simulated, or may have been sent already, needs a second action of another kind. @param {PublicApproval} approval @param {string[]} doubts @param {string} bindProblem @param {HTMLElement} reject @returns {Node[]} */
  #ready(approval, doubts, bindProblem, reject) {
    const isUnknown = isUntried(approval, bindProblem);
    const dangers = [...dangersOf(approval), ...(isUnknown ? [bindProblem] : [])];
    const tryAgain = isUnknown ? [button('bind', 'Simulate it again', '', () => this.actions.onBind(approval))] : [];
    if (!dangers.length && !doubts.length) return [reject, button('approve', 'Approve in wallet', 'primary', () => this.actions.onApprove(approval, false))];
    const label = doubts.length ? 'Sign a second time' : 'Approve it all the same';
    const approve = button('approve', label, 'danger', () => this.actions.onApprove(approval, doubts.length > 0));
    const ticks = [
      ...(doubts.length ? [[`again-${JSON.stringify(doubts)}`, 'I have looked, and want to sign it a second time. If it was sent before, I pay twice.']] : []),
      ...(dangers.length ? [[`danger-${JSON.stringify(dangers)}`, 'I have read the warning above, and want this.']] : []),
    ].map(([name = '', text = '']) => this.#tick(`${name}-${approval.digest}`, text));
    const allow = () => (approve.disabled = ticks.some(({ input }) => !input.checked));
    for (const { input, key } of ticks) {
      input.addEventListener('change', () => {
        this.#ticked[input.checked ? 'add' : 'delete'](key);
        allow();
      });
    }
    allow();
    const said = doubts.map((doubt) => line('question', words(doubt)));
    return [el('div', { class: 'approval-second' }, ...said, ...ticks.map(({ label: each }) => each)), reject, ...tryAgain, approve];
  }

  /** @param {string} key @param {string} text */
  #tick(key, text) {
    const input = el('input', { type: 'checkbox', checked: this.#ticked.has(key), data: { act: key } });
    return { key, input, label: el('label', { class: 'approval-tick' }, input, el('span', {}, text)) };
  }
}

/** Whether the request could not be simulated for the account that would sign it. A contract can cause that, to be seen in no simulation. @param {PublicApproval} approval @param {string} bindProblem */
function isUntried({ sender }, bindProblem) {
  return Boolean(bindProblem) && !sender;
}

/** @param {Progress} progress @param {ApprovalReply | null} underWay @param {WalletReceipt | null} receipt @returns {keyof typeof TOLD} what the server is told, or was told last */
function toldOf({ told }, underWay, receipt) {
  const outcome = told ?? underWay?.outcome ?? receipt?.outcome;
  if (outcome === 'rejected') return outcome;
  return outcome === 'unanswered' || outcome === 'unknown' ? 'unknown' : 'sent';
}

/** @param {string | null | undefined} hash */
function hashNodes(hash) {
  return hash ? [' ', ...words(hash)] : [];
}

/** @param {string} sign @param {(Node | string)[]} content */
function line(sign, content) {
  return el('p', { class: 'approval-line' }, icon(sign), el('span', {}, ...content));
}

/** @param {string} act @param {string} label @param {string} tone @param {() => void} click @param {boolean} [isDisabled] */
function button(act, label, tone, click, isDisabled = false) {
  return el('button', { type: 'button', class: `button ${tone}`.trim(), disabled: isDisabled, data: { act }, on: { click } }, label);
}

/** The person's reason for rejecting a wallet request, if they give one; the agent gets their words. */
class ReasonField {
  #input = el('input', { type: 'text', maxLength: LONGEST, placeholder: 'The agent reads it', data: { act: 'reason' } });
  element = el('details', { class: 'approval-reason' }, el('summary', {}, 'Reject with a reason'), el('label', {}, el('span', { class: 'visually-hidden' }, 'Your reason, for the agent'), this.#input));
  /** @type {HTMLElement | null} */
  #reject = null;

  constructor() {
    this.element.addEventListener('toggle', () => this.element.open && this.#input.focus());
    this.#input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !isComposing(event)) this.#reject?.click();
    });
  }

  /** The field's text counts only while the field is visible. */
  get text() {
    return this.element.open ? this.#input.value.trim() : '';
  }

  /** @param {HTMLElement | null} reject the button that it belongs to, if there is one now */
  update(reject) {
    this.#reject = reject;
    this.element.hidden = !reject;
  }
}
