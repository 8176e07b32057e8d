// The state for the user of the client: plain data made from the conversation, the outbox and the connection.

import { displayText } from './entry.js';
import { isBeingSent } from './outbox.js';

/** @import { Conversation } from './conversation.js' */
/** @import { Entry } from './entry.js' */
/** @import { Hot, PublicApproval, PublicAsk, PublicMessage, QueuedMessage, PublicRun } from './frames.js' */
/** @import { OutgoingMessage } from './outbox.js' */
/** @import { ConnectionStatus } from './transport.js' */

/** @typedef {PublicMessage & { seq: number, is_streaming: boolean }} ShownMessage */

/**
 * @typedef {object} ChatState
 * @property {string} sessionId
 * @property {ConnectionStatus} connectionStatus
 * @property {ShownMessage[]} messages by sequence number; an unchanged message stays the same object
 * @property {boolean} isLoaded whether the server has sent anything about this conversation yet
 * @property {boolean} hasOlder whether there are messages before the first one here; `loadOlder` loads them
 * @property {boolean} isCaughtUp whether every finished message is held completely
 * @property {boolean} isExpired
 * @property {boolean} isTyping
 * @property {boolean} isProcessing
 * @property {boolean} isStoppable whether `interrupt` has anything to stop: a run, or a message that is being sent
 * @property {PublicRun | null} activeRun
 * @property {QueuedMessage[]} queued
 * @property {OutgoingMessage[]} outgoing not confirmed by the server yet, or failed
 * @property {PublicApproval[]} approvals
 * @property {PublicAsk[]} asks tool calls that wait for the person's decision
 * @property {unknown} pendingWalletTx
 * @property {Hot | null} hot
 */

/** @type {WeakMap<Entry, ShownMessage>} */
const shown = new WeakMap();

/** @param {Entry} entry @returns {ShownMessage} */
function shownMessage(entry) {
  const known = shown.get(entry);
  if (known) return known;
  const content = displayText(entry);
  const message = /** @type {ShownMessage} */ ({ ...entry.message, content, is_streaming: !entry.ended });
  shown.set(entry, message);
  return message;
}

/** The request that `pendingWalletTx` stands for, and that an answer without an id is for. @param {PublicApproval[]} approvals @returns {PublicApproval | undefined} */
export function firstUnanswered(approvals) {
  return approvals.find(({ reported }) => !reported?.length) ?? approvals[0];
}

/**
 * @param {Conversation} conversation
 * @param {OutgoingMessage[]} outgoing
 * @param {ConnectionStatus} connectionStatus
 * @param {string} [hidden] the id of a wallet request that is not offered as the pending one
 * @returns {ChatState}
 */
export function snapshot(conversation, outgoing, connectionStatus, hidden) {
  const { hot } = conversation;
  const messages = conversation.entries.flatMap((entry) => (entry ? [shownMessage(entry)] : []));
  return {
    sessionId: conversation.sessionId,
    connectionStatus,
    messages,
    isLoaded: hot !== null,
    hasOlder: conversation.first > 0,
    isCaughtUp: hot !== null && conversation.complete >= conversation.ended,
    isExpired: conversation.expired,
    isTyping: Boolean(hot?.active_run),
    isProcessing: hot?.is_processing ?? false,
    isStoppable: (hot?.is_processing ?? false) || outgoing.some(isBeingSent),
    activeRun: hot?.active_run ?? null,
    queued: hot?.queued ?? [],
    outgoing: outgoing.filter((message) => !hasArrived(message, messages, hot?.queued ?? [])),
    approvals: hot?.approvals ?? [],
    asks: hot?.asks ?? [],
    pendingWalletTx: hidden && firstUnanswered(hot?.approvals ?? [])?.approval_id === hidden ? null : parsed(hot?.pending_wallet_tx),
    hot,
  };
}

/**
 * Whether the server already shows a message whose confirmation is still on its way, so that it is not shown twice.
 * @param {OutgoingMessage} outgoing
 * @param {ShownMessage[]} messages
 * @param {QueuedMessage[]} queued
 */
function hasArrived(outgoing, messages, queued) {
  if (outgoing.status === 'failed') return false;
  const sender = outgoing.kind === 'chat' ? 'user' : 'system';
  const isSame = (/** @type {{ sender: string, content: string }} */ other) =>
    other.sender === sender && other.content === outgoing.text;
  return queued.some(isSame) || messages.some((message) => message.seq >= outgoing.since && isSame(message));
}

/** @param {string | null | undefined} text @returns {unknown} */
function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
