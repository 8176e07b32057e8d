// Reports changes to the user of the client.

/** @import { ChatHandlers } from './chat_config.js' */
/** @import { ChatState } from './snapshot.js' */

export class ChangeReports {
  /** @type {Set<string>} */
  #walletRequests = new Set();

  /** @param {ChatHandlers} handlers */
  constructor(handlers) {
    this.handlers = handlers;
  }

  /** @param {ChatState} before @param {ChatState} now */
  tell(before, now) {
    const { handlers } = this;
    if (before.connectionStatus !== now.connectionStatus) handlers.onConnectionChange?.(now.connectionStatus);
    if (before.isTyping !== now.isTyping) handlers.onTypingChange?.(now.isTyping);
    handlers.onMessage?.(now.messages);
    handlers.onState?.(now);
    // One after the other: an answer without an id is for the request that has waited longest.
    const [request] = now.approvals;
    if (!request || this.#walletRequests.has(request.approval_id)) return;
    // A handler may answer at once, which calls this again; the request must count as reported by then.
    this.#walletRequests.add(request.approval_id);
    handlers.onWalletTransactionRequest?.(now.pendingWalletTx, request);
  }
}
