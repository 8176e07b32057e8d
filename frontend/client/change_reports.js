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
    const requests = now.approvals.filter(({ approval_id }) => !this.#walletRequests.has(approval_id));
    // A handler may answer at once, which calls this again; the request must count as reported by then.
    for (const { approval_id } of requests) this.#walletRequests.add(approval_id);
    for (const _ of requests) handlers.onWalletTransactionRequest?.(now.pendingWalletTx);
  }
}
