// A wallet request in words: what will be signed, from where to where, how much, and what it would do.

import { readableAmount } from './amounts.js';
import { el, icon, setData } from './dom.js';
import { withHex } from './hex.js';
import { clockTime, fullTime, timeUntil } from './times.js';
import { withVisibleControls } from './tool_words.js';

/** @import { NetworkInfo, PublicApproval } from '../client/frames.js' */

/**
 * @typedef {object} ApprovalContext
 * @property {NetworkInfo | undefined} network
 * @property {string | null} account the wallet's
 * @property {boolean} canSign whether there is a wallet that may sign on this chain
 * @property {boolean} isTestChain where the development wallet would do
 */

/** @typedef {{ onApprove: (approval: PublicApproval) => Promise<void>, onReject: (approval: PublicApproval) => Promise<void> }} ApprovalActions */

export class ApprovalCard {
  #facts = el('dl', { class: 'approval-facts' });
  #problem = el('p', { class: 'approval-problem', role: 'alert' });
  #approve = el('button', { type: 'button', class: 'button primary' }, 'Approve in wallet');
  #reject = el('button', { type: 'button', class: 'button' }, 'Reject');
  #toggle = el('button', { type: 'button', class: 'approval-toggle', 'aria-expanded': 'true' });
  #wasFolded = false;
  #lack = '';

  /** @param {PublicApproval} approval @param {ApprovalActions} actions */
  constructor(approval, actions) {
    this.approval = approval;
    this.#approve.addEventListener('click', () => void this.#act(() => actions.onApprove(this.approval)));
    this.#reject.addEventListener('click', () => void this.#act(() => actions.onReject(this.approval)));
    this.#toggle.append(icon('wallet'), el('span', {}, 'Your signature is needed'), icon('chevron'));
    this.#toggle.addEventListener('click', () => this.#fold(!('folded' in this.element.dataset)));
    const title = el('h2', { id: `approval-${approval.approval_id}` }, this.#toggle);
    const description = el('p', { class: 'approval-description', dir: 'auto' }, ...words(approval.description));
    const foot = el('div', { class: 'approval-foot' }, this.#problem, el('div', { class: 'approval-buttons' }, this.#reject, this.#approve));
    this.element = el(
      'section',
      { class: 'approval', 'aria-labelledby': title.id, data: { approval: approval.approval_id } },
      title,
      description,
      this.#facts,
      ...detailElements(approval),
      foot,
    );
  }

  /** @param {PublicApproval} approval @param {ApprovalContext} context */
  update(approval, context) {
    this.approval = approval;
    this.#facts.replaceChildren(...factElements(approval, context));
    if (this.isBusy) return;
    const lack = context.canSign ? '' : lackOf(context);
    this.#approve.disabled = !context.canSign;
    this.#approve.title = lack;
    if (lack !== this.#lack) this.#problem.textContent = lack;
    this.#lack = lack;
  }

  /** Whether the person's wallet, or the server, has not answered yet. */
  get isBusy() {
    return 'busy' in this.element.dataset;
  }

  /** Make room once the conversation has gone on; the person may open it again. */
  foldOnce() {
    if (!this.#wasFolded) this.#fold(true);
  }

  /** @param {boolean} isFolded */
  #fold(isFolded) {
    this.#wasFolded = true;
    setData(this.element, { folded: isFolded ? '' : null });
    this.#toggle.setAttribute('aria-expanded', String(!isFolded));
  }

  /** @param {() => Promise<void>} action */
  async #act(action) {
    setData(this.element, { busy: '' });
    this.#approve.disabled = this.#reject.disabled = true;
    this.#problem.textContent = '';
    try {
      await action();
    } catch (error) {
      this.#problem.textContent = /** @type {Error} */ (error).message;
      this.#approve.disabled = this.#reject.disabled = false;
    }
    setData(this.element, { busy: null });
  }
}

/** Why nobody can sign, and what to do. @param {ApprovalContext} context */
function lackOf({ account, isTestChain }) {
  if (account) return 'The development wallet signs on the test network only. Disconnect it and connect your own, or reject.';
  if (isTestChain) return 'Choose the development wallet in the wallet menu, or reject.';
  return 'There is no wallet in this browser. Install one (any EIP-1193 wallet works), or reject.';
}

/** @param {PublicApproval} approval @param {ApprovalContext} context @returns {Node[]} */
function factElements(approval, { network, account, canSign }) {
  const currency = network?.currency ?? 'ETH';
  const gas = approval.gas ? [fact('Gas limit', Number(approval.gas).toLocaleString())] : [];
  return [
    fact('Amount', el('strong', {}, readableAmount(approval.value, currency))),
    fact('To', ...withHex(approval.to, true)),
    fact('From', ...(account && canSign ? withHex(account, true) : ['the account you choose in your wallet'])),
    fact('Network', `${network?.title ?? approval.network} (chain ${approval.chain_id})`),
    ...gas,
    fact('Expires', expiry(approval.expires_at)),
  ];
}

/** @param {string} name @param {...(Node | string)} value */
function fact(name, ...value) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, ...value));
}

/** @param {string} time RFC 3339 */
function expiry(time) {
  return el('time', { datetime: time, title: fullTime(time) }, `${timeUntil(Date.parse(time))} (${clockTime(time)})`);
}

/** @param {PublicApproval} approval @returns {Node[]} */
function detailElements({ decoded, simulation, data, truncated }) {
  const parts = [];
  const [, warning, call] = /^(UNLIMITED ALLOWANCE: .*?\.) (.*)$/s.exec(decoded ?? '') ?? [];
  if (warning) parts.push(said('warning', warning));
  if (simulation) parts.push(said(/^(?:Simulated without error|Succeeds)\b/.test(simulation) ? 'good' : 'info', simulation));
  if (decoded) parts.push(detail('Decoded call', call ?? decoded, true));
  if (data && data !== '0x') parts.push(detail(truncated ? 'Data (beginning)' : 'Data', data, false));
  return parts;
}

/** @param {string} title @param {string} text @param {boolean} isOpen */
function detail(title, text, isOpen) {
  return el('details', { class: 'approval-detail', open: isOpen }, el('summary', {}, title), el('pre', { tabindex: 0 }, ...words(text)));
}

/** @param {'good' | 'info' | 'warning'} tone @param {string} text */
function said(tone, text) {
  const what = tone === 'info' ? el('strong', {}, 'Simulation: ') : null;
  return el('p', { class: 'approval-said', dir: 'auto', data: { tone } }, icon(tone === 'good' ? 'check' : tone), el('span', {}, what, ...words(text)));
}

/** @param {string} text */
function words(text) {
  return withHex(withVisibleControls(text), true);
}
