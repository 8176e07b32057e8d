// Reports changes to the user of the client.

import { firstUnanswered } from './snapshot.js';

/** @import { ChatHandlers } from './chat_config.js' */
/** @import { PublicApproval } from './frames.js' */
/** @import { ChatState } from './snapshot.js' */

export class ChangeReports {
  /** @type {Set<string>} */
  #walletRequests = new Set();

  /** @type {string | undefined} the id of the wallet request that was reported last in this conversation */
  lastRequest;

  /** @param {ChatHandlers} handlers */
  constructor(handlers) {
    this.handlers = handlers;
  }

  /** @param {ChatState} before @param {ChatState} now */
  tell(before, now) {
    const { handlers } = this;
    if (before.sessionId !== now.sessionId) this.lastRequest = undefined;
    if (before.connectionStatus !== now.connectionStatus) handlers.onConnectionChange?.(now.connectionStatus);
    if (before.isTyping !== now.isTyping) handlers.onTypingChange?.(now.isTyping);
    handlers.onMessage?.(now.messages);
    handlers.onState?.(now);
    this.#tellRequest(now);
  }

  /** One after the other: an answer without an id is for the request that was reported last. @param {ChatState} now */
  #tellRequest(now) {
    const request = waitingRequest(now);
    if (!request || this.#walletRequests.has(request.approval_id)) return;
    // A handler may answer at once, which calls this again; the request must count as reported by then.
    this.#walletRequests.add(request.approval_id);
    this.lastRequest = request.approval_id;
    this.handlers.onWalletTransactionRequest?.(now.pendingWalletTx, request);
  }
}

/**
 * The request that `pendingWalletTx` stands for: the oldest of which nothing was reported, unless a wallet has it or its
 * answer is being checked. A frame without room for it has no `pendingWalletTx`.
 * @param {ChatState} now @returns {PublicApproval | undefined}
 */
function waitingRequest({ approvals, pendingWalletTx }) {
  const oldest = firstUnanswered(approvals);
  const isWaiting = oldest && !oldest.claim && !oldest.reported?.length && (pendingWalletTx !== null || oldest.truncated);
  return isWaiting ? oldest : undefined;
}
