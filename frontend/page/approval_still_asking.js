// Requests that are over while this page's wallet has not answered: whoever confirms one there sends it all the same.

import { icon, el } from './dom.js';

/** @import { PublicApproval } from '../client/frames.js' */
/** @import { Approving } from './approving.js' */

export class StillAsking {
  /** @type {Map<string, { approving: Approving, summary: string }>} */
  #asked = new Map();
  #before = '';
  element = el('div', { role: 'alert' });

  /** @param {PublicApproval} approval whose card is removed @param {Approving} approving @param {string} summary */
  add({ approval_id }, approving, summary) {
    if (approving.progress.asking) this.#asked.set(approval_id, { approving, summary });
  }

  /** What this page is doing with a request whose card is shown again. @param {PublicApproval} approval @returns {Approving | undefined} */
  take({ approval_id }) {
    const approving = this.#asked.get(approval_id)?.approving;
    this.#asked.delete(approval_id);
    return approving;
  }

  /** A request of another conversation may be open there, so nothing is said of it. @param {string} sessionId */
  render(sessionId) {
    for (const [id, { approving }] of this.#asked) if (!approving.progress.asking) this.#asked.delete(id);
    const summaries = [...this.#asked.values()].filter(({ approving }) => approving.sessionId === sessionId).map(({ summary }) => summary);
    if (JSON.stringify(summaries) === this.#before) return;
    this.#before = JSON.stringify(summaries);
    this.element.replaceChildren(...summaries.map(warning));
  }
}

/** @param {string} summary */
function warning(summary) {
  const text = ' It is over here. Reject it in your wallet: if you confirm it there, it is sent all the same, even a second time.';
  const subject = el('strong', {}, `Your wallet has not answered, and may still ask for this: ${summary}.`);
  return el('p', { class: 'approval-said', dir: 'auto', data: { tone: 'warning' } }, icon('warning'), el('span', {}, subject, text));
}
