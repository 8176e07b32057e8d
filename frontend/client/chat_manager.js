// The client: one conversation at a time, kept equal to the server's.

import { browserStorage } from './browser_storage.js';
import { CatchUp } from './catch_up.js';
import { checkedUrl, DEFAULTS, messageProblem } from './chat_config.js';
import { applyFrame, applyState, denies, emptyConversation, expire, have, withOlder } from './conversation.js';
import { HttpApi, RequestError } from './http.js';
import { newKey, Outbox } from './outbox.js';
import { SessionBook } from './session_book.js';
import { firstUnanswered, snapshot } from './snapshot.js';
import { ChangeReports } from './change_reports.js';
import { Transport } from './transport.js';
import { reportText } from './wallet_report.js';

export { RequestError } from './http.js';
export { MemoryStorage } from './browser_storage.js';

/** @import { ChatConfig, ChatHandlers } from './chat_config.js' */
/** @import { Conversation } from './conversation.js' */
/** @import { ApprovalReply, CommandResult, ServerFrame, State } from './frames.js' */

/** The number of finished messages that are requested when a conversation is opened, and of older ones in each request. */
const NEWEST = 500;
const OLDER = 200;

export class ChatManager {
  /** @type {Transport | null} */
  #transport = null;
  #state;
  #conversation;
  #reports;
  #isConfirmingEnd = false;
  #isLoadingOlder = false;
  #hidden = ''; // the id of the wallet request that the user of the client has hidden
  /** Keeps the session's id in this browser, unless the user of the client keeps it. @type {SessionBook | null} */
  #book = null;

  /** @param {ChatConfig} config @param {ChatHandlers} [handlers] */
  constructor(config, handlers = {}) {
    this.config = { ...DEFAULTS, ...config };
    this.handlers = handlers;
    this.#reports = new ChangeReports(handlers);
    this.api = new HttpApi({ backendUrl: checkedUrl(config.backendUrl), accessToken: config.accessToken, unauthorized: config.unauthorized });
    const storage = config.storage ?? browserStorage('localStorage');
    if (!config.sessionId) this.#book = new SessionBook(storage, config.storage ?? browserStorage('sessionStorage'));
    this.#conversation = emptyConversation(config.sessionId ?? this.#book?.current() ?? newKey());
    this.#state = snapshot(this.#conversation, [], 'disconnected');
    this.catchUp = new CatchUp({ conversation: () => this.#conversation, ask: () => this.#ask() });
    this.outbox = new Outbox({
      api: this.api,
      storage,
      retryDelay: this.config.reconnectDelay / 2,
      onChange: () => this.#changed(),
      onConfirmed: (state) => this.#confirmed(state),
    });
    this.#changed();
  }

  connect() {
    if (this.#transport) return;
    const { reconnectAttempts, reconnectDelay } = this.config;
    this.#transport = new Transport({
      api: this.api,
      sessionId: this.getSessionId(),
      reconnectAttempts,
      reconnectDelay,
      onFrame: (frame) => this.#receive(frame),
      onOpen: () => [this.#ask(), this.outbox.hurry()],
      onStatus: () => this.#changed(),
      isBusy: () => this.#state.isProcessing,
    });
    this.#transport.start();
    this.#changed();
  }

  /** Does nothing without a link, so that a handler may call it too. */
  disconnect() {
    const transport = this.#transport;
    if (!transport) return;
    this.#transport = null;
    this.catchUp.stop();
    transport.stop();
    if (this.#state.connectionStatus !== 'disconnected') this.#changed();
  }

  /** The same as `disconnect`: nothing keeps running. */
  stop() {
    this.disconnect();
  }

  getState() {
    return this.#state;
  }

  getSessionId() {
    return this.#conversation.sessionId;
  }

  /** Switch to another conversation. @param {string} sessionId */
  setSessionId(sessionId) {
    if (sessionId === this.getSessionId()) return;
    const wasConnected = this.#transport !== null;
    this.disconnect();
    this.#book?.use(sessionId);
    this.#conversation = emptyConversation(sessionId);
    this.#changed();
    if (wasConnected) this.connect();
  }

  /** @param {string} text @returns {Promise<boolean>} whether the server has accepted it */
  async sendMessage(text) {
    const problem = messageProblem(text, this.config.maxMessageLength);
    return problem ? this.#refuse(problem) : this.#send('chat', text);
  }

  /** Stop the run with this id; without an id, the run in progress, or else the queued runs and the messages that are being sent. @param {string} [runId] */
  async interrupt(runId = this.#state.activeRun?.run_id) {
    if (!runId && this.outbox.withdraw(this.getSessionId()) && !this.#state.isProcessing) return true;
    return this.#reported(async () => this.#confirmed(await this.api.interrupt(this.getSessionId(), runId)));
  }

  /** @param {string} network */
  sendNetworkSwitchRequest(network) {
    return this.sendCommand(this.getSessionId(), 'set_network', { network });
  }

  /** Send a command that changes the session, then read the session again. @param {string} sessionId @param {string} name @param {Record<string, unknown>} args @returns {Promise<CommandResult>} */
  async sendCommand(sessionId, name, args) {
    const result = await this.api.command(sessionId, name, args);
    if (result.success) this.#confirmed(await this.api.state(sessionId));
    return result;
  }

  /** Tell the agent how a wallet request ended; without an id, the request that was reported last. @param {boolean} success @param {string} [transactionHash] @param {string} [reason] @param {string} [approvalId] */
  sendTransactionResult(success, transactionHash, reason, approvalId) {
    const approval_id = approvalId ?? this.#reports.lastRequest ?? firstUnanswered(this.#state.approvals)?.approval_id;
    const outcome = success ? 'sent' : 'rejected';
    const rest = success ? { transaction_hash: transactionHash } : { reason: reason ?? null };
    return this.reportWallet(this.getSessionId(), { approval_id, outcome, ...rest });
  }

  /** Apply the state in the answer to a request of `api`. @param {Promise<State>} request */
  async confirm(request) {
    this.#confirmed(await request);
  }

  /** Report a wallet's answer. The report is kept and repeated until the server has it. @param {string} sessionId @param {ApprovalReply} approval @param {string} [text] */
  reportWallet(sessionId, approval, text = reportText(approval)) {
    const since = sessionId === this.getSessionId() ? this.#conversation.ended : 0;
    return this.outbox.add({ sessionId, kind: 'system', text, approval, since });
  }

  /** @param {string} text */
  sendSystemMessage(text) {
    return this.#send('system', text);
  }

  /** Forget the wallet request in this client; the server keeps it until it is answered or expires. */
  clearPendingTransaction() {
    if (this.#state.pendingWalletTx === null) return;
    this.#hidden = firstUnanswered(this.#state.approvals)?.approval_id ?? '';
    this.#changed();
  }

  /** @param {'chat' | 'system'} kind @param {string} text */
  #send(kind, text) {
    return this.outbox.add({ sessionId: this.getSessionId(), kind, text, since: this.#conversation.ended });
  }

  /** @param {ServerFrame} frame */
  #receive(frame) {
    if (frame.type === 'error') {
      this.handlers.onError?.(new RequestError(frame));
    } else if (frame.type === 'pong') {
      if ((frame.rev ?? 0) > this.#conversation.rev) this.#ask();
    } else if (frame.type === 'state' && denies(this.#conversation, frame)) {
      void this.#confirmEnd();
    } else {
      this.#become(applyFrame(this.#conversation, frame));
    }
  }

  /** Apply the answer to a request of this client; it is newer than any frame of a generation that has ended. @param {State} state */
  #confirmed(state) {
    if (state?.session_id !== this.getSessionId()) return;
    if (this.#conversation.expired && state.generation > 0) this.#conversation = emptyConversation(state.session_id);
    this.#become(applyState(this.#conversation, state));
  }

  /** A frame may be late, but the answer to a request made now shows whether the session has really ended. */
  async #confirmEnd() {
    if (this.#isConfirmingEnd) return;
    this.#isConfirmingEnd = true;
    const { generation, sessionId } = this.#conversation;
    const state = await this.api.state(sessionId).catch(() => null);
    this.#isConfirmingEnd = false;
    if (!state || this.#conversation.generation !== generation || this.getSessionId() !== sessionId) return;
    this.#become(denies(this.#conversation, state) ? expire(this.#conversation) : applyState(this.#conversation, state));
  }

  #ask() {
    const frame = { session_id: this.getSessionId(), have: have(this.#conversation), newest: NEWEST };
    this.#transport?.send({ type: 'sync', ...frame });
  }

  /** Load messages before the first one that is here. @returns {Promise<boolean>} whether some came */
  async loadOlder() {
    const { first, sessionId, generation } = this.#conversation;
    if (first === 0 || this.#isLoadingOlder) return false;
    this.#isLoadingOlder = true;
    const state = await this.api.older(sessionId, first, OLDER).catch(() => null);
    this.#isLoadingOlder = false;
    if (!state || this.getSessionId() !== sessionId || this.#conversation.generation !== generation) return false;
    this.#become(withOlder(this.#conversation, state));
    return this.#conversation.first < first;
  }

  /** @param {Conversation} conversation */
  #become(conversation) {
    if (conversation !== this.#conversation) {
      this.#conversation = conversation;
      this.#changed();
    }
    if (this.#transport?.canAsk) this.catchUp.look();
  }

  #changed() {
    if (!this.outbox) return;
    const before = this.#state;
    this.#state = snapshot(this.#conversation, this.outbox.of(this.getSessionId()), this.#transport?.status ?? 'disconnected', this.#hidden);
    this.#reports.tell(before, this.#state);
  }

  /** @param {string} detail */
  #refuse(detail) {
    this.handlers.onError?.(new RequestError({ status: 422, title: 'Message refused', detail }));
    return false;
  }

  /** @param {() => Promise<void>} action */
  async #reported(action) {
    try {
      await action();
      return true;
    } catch (error) {
      this.handlers.onError?.(/** @type {Error} */ (error));
      return false;
    }
  }
}
