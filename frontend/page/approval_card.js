// A wallet request on screen: what it does, all of its data, who proposed it, and the decision.

import { detailNodes } from './approval_details.js';
import { agentWords, factNodes } from './approval_facts.js';
import { ApprovalFoot } from './approval_foot.js';
import { el, icon, setData } from './dom.js';
import { clockTime, fullTime, timeUntil } from './times.js';

/** @import { PublicApproval } from '../client/frames.js' */
/** @import { ApprovalActions } from './approval_foot.js' */
/** @import { ApprovalContext } from './approval_situation.js' */

export class ApprovalCard {
  #facts = el('div', { class: 'approval-body' });
  #details = el('div', { class: 'approval-details' });
  #words = el('div');
  #expiry = el('time', { class: 'approval-expiry' });
  #toggle = el('button', { type: 'button', class: 'approval-toggle', 'aria-expanded': 'true' });
  #wasFolded = false;
  #before = '';
  #detailsBefore = '';

  /** @param {PublicApproval} approval @param {ApprovalActions} actions */
  constructor(approval, actions) {
    this.foot = new ApprovalFoot(actions);
    this.#toggle.append(icon('wallet'), el('span', {}, 'Your signature is needed'), this.#expiry, icon('chevron'));
    this.#toggle.addEventListener('click', () => this.#fold(!('folded' in this.element.dataset)));
    const title = el('h2', { id: `approval-${approval.approval_id}` }, this.#toggle);
    this.element = el(
      'section',
      { class: 'approval', 'aria-labelledby': title.id, data: { approval: approval.approval_id } },
      title,
      this.#facts,
      this.#details,
      this.#words,
      this.foot.element,
    );
  }

  /** @param {PublicApproval} approval @param {ApprovalContext} context */
  update(approval, context) {
    const { network, account, canSign, isTest } = context;
    const what = JSON.stringify([approval.digest, approval.truncated, approval.review, network, isTest]);
    const now = JSON.stringify([what, account, canSign]);
    if (now !== this.#before) {
      this.#facts.replaceChildren(...factNodes(approval, context));
      this.#words.replaceChildren(agentWords(approval, context));
    }
    if (what !== this.#detailsBefore) this.#details.replaceChildren(...detailNodes(approval, context));
    this.#before = now;
    this.#detailsBefore = what;
    this.#showExpiry(approval.expires_at, context.now);
    this.foot.update(approval, context);
  }

  /** @param {string} time RFC 3339 @param {number} now */
  #showExpiry(time, now) {
    const left = timeUntil(Date.parse(time), now);
    if (this.#expiry.textContent === left) return;
    this.#expiry.dateTime = time;
    this.#expiry.title = `Expires at ${fullTime(time) || clockTime(time)}`;
    this.#expiry.textContent = left;
  }

  /** Fold the card once the conversation has continued; the person may open it again. */
  foldOnce() {
    if (!this.#wasFolded) this.#fold(true);
  }

  /** @param {boolean} isFolded */
  #fold(isFolded) {
    this.#wasFolded = true;
    setData(this.element, { folded: isFolded ? '' : null });
    this.#toggle.setAttribute('aria-expanded', String(!isFolded));
  }
}
