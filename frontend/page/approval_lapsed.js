// Requests that ended without an answer while this page was open. They are shown at once, until the next message.

import { mayStillAsk } from './approval_situation.js';
import { el } from './dom.js';
import { receiptNodes } from './receipts.js';

/** @import { ChatState } from '../client/snapshot.js' */
/** @import { PublicApproval } from '../client/frames.js' */

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
        el('div', {}, ...receiptNodes({ outcome: 'expired', summary, may_still_ask: mayStillAsk(approval) }, `The agent said: ${approval.description}`)),
      ),
    );
  }
}
