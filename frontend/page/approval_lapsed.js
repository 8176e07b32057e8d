// Requests that ended without an answer while this page was open, which are shown at once, until the next message; and
// requests that are over while this page's wallet has not answered: whoever confirms one there sends it all the same.

import { STILL_ASKS } from './approval_situation.js';
import { el, icon } from './dom.js';
import { receiptNodes } from './receipts.js';

/** @import { ChatState } from '../client/snapshot.js' */
/** @import { PublicApproval } from '../client/frames.js' */
/** @import { Approving } from './approving.js' */

export class LapsedRequests {
  /** @type {Map<string, { approval: PublicApproval, summary: string }>} */
  #lapsed = new Map();
  element = el('div', { role: 'status' });

  /** @param {PublicApproval} approval @param {string} summary */
  add(approval, summary) {
    this.#lapsed.set(approval.approval_id, { approval, summary });
  }

  clear() {
    this.#lapsed.clear();
  }

  /** The agent learns of it with the next message, and the conversation then says so. @param {ChatState['messages']} messages */
  render(messages) {
    const lastAt = Date.parse(messages.at(-1)?.created_at ?? '') || 0;
    for (const [id, { approval }] of this.#lapsed) if (lastAt > Date.parse(approval.expires_at)) this.#lapsed.delete(id);
    if (this.element.childElementCount === this.#lapsed.size) return;
    this.element.replaceChildren(
      ...[...this.#lapsed.values()].map(({ approval, summary }) =>
        el('div', {}, ...receiptNodes({ outcome: 'expired', summary, may_still_ask: Boolean(approval.claim || approval.reported?.length) }, `The agent said: ${approval.description}`)),
      ),
    );
  }
}

export class StillAsking {
  /** @type {Map<string, { approving: Approving, summary: string }>} */
  #asked = new Map();
  element = el('div', { role: 'status' });

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
    const here = [...this.#asked.values()].filter(({ approving }) => approving.sessionId === sessionId);
    if (here.length !== this.element.childElementCount) this.element.replaceChildren(...here.map(warning));
  }
}

/** @param {{ summary: string }} asked */
function warning({ summary }) {
  const subject = el('strong', {}, `Your wallet has not answered: ${summary}. `);
  return el('p', { class: 'approval-said', dir: 'auto', data: { tone: 'warning' } }, icon('warning'), el('span', {}, subject, STILL_ASKS));
}
