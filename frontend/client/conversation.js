// A pure reducer: server frames in any order, late, repeated or missing, become the server's conversation. Nothing is
// lost or repeated, because text carries its offset and finished messages their sequence number. `needsSync` tells
// whether something is missing, and `have` tells the server what to send.

import { isWhole, withEnd, withText } from './entry.js';

/** @import { Entry } from './entry.js' */
/** @import { Have, Hot, PublicMessage, ServerFrame, SessionExpiredFrame, State, TextFrame } from './frames.js' */

/**
 * `entries` by sequence number. `ended`: number of messages that are known to be finished; `complete` of them are held
 * completely, without a gap. Messages before `first` are not held; `withOlder` adds them. `hot` is the newest public state
 * (by `rev`).
 * @typedef {object} Conversation
 * @property {string} sessionId
 * @property {number} generation
 * @property {number} rev
 * @property {Hot | null} hot
 * @property {ReadonlyArray<Entry | undefined>} entries
 * @property {number} ended
 * @property {number} complete
 * @property {number} first
 * @property {boolean} expired
 */

/** @param {string} sessionId @returns {Conversation} */
export function emptyConversation(sessionId) {
  return { sessionId, generation: 0, rev: 0, hot: null, entries: [], ended: 0, complete: 0, first: 0, expired: false };
}

/**
 * @param {Conversation} conversation
 * @param {ServerFrame} frame
 * @returns {Conversation} the same object if the frame contained nothing new
 */
export function applyFrame(conversation, frame) {
  switch (frame.type) {
    case 'state':
      return applyState(conversation, frame);
    case 'text':
      return applyText(conversation, frame);
    case 'session_expired':
      return applyExpiry(conversation, frame);
    default:
      return conversation;
  }
}

/**
 * @param {Conversation} conversation
 * @param {State} state a `state` frame or the body of an HTTP answer
 */
export function applyState(conversation, state) {
  if (!belongs(conversation, state)) return conversation;
  const base = ofGeneration(conversation, state.generation);
  const known = leavingOut(base, state.first_seq ?? 0);
  const entries = known.entries.slice();
  for (const message of state.messages ?? []) mergeMessage(entries, message, state);
  const ended = Math.max(known.ended, state.message_count);
  if (known.hot && state.rev < known.rev) return advanced({ ...known, entries, ended });
  dropAbandonedText(entries, state);
  return advanced({ ...known, entries, ended, rev: state.rev, hot: hotOf(state) });
}

/**
 * Adds messages before those that are held, from an answer of `GET /api/state?before=`. It changes nothing if it does not
 * end directly before `first`: while it was loaded, the server may have left out messages in between. An empty page says
 * that nothing is earlier.
 * @param {Conversation} conversation
 * @param {State} state
 * @returns {Conversation}
 */
export function withOlder(conversation, state) {
  if (state.generation !== conversation.generation || !belongs(conversation, state)) return conversation;
  const last = state.messages?.at(-1);
  if (last && last.seq !== conversation.first - 1) return conversation;
  const entries = conversation.entries.slice();
  for (const message of state.messages ?? []) mergeMessage(entries, message, state);
  return { ...conversation, entries, first: Math.min(conversation.first, state.first_seq ?? 0) };
}

/** The server left out messages before `first`, so older held messages would have a gap after them and are dropped. @param {Conversation} conversation @param {number} first */
function leavingOut(conversation, first) {
  if (first <= conversation.complete) return conversation;
  const entries = conversation.entries.slice();
  entries.fill(undefined, 0, first);
  return { ...conversation, entries, first, complete: first };
}

/**
 * Drops a conversation whose session has ended. Late frames of that generation are ignored from now on.
 * @param {Conversation} conversation
 * @returns {Conversation}
 */
export function expire(conversation) {
  const hot = conversation.hot && {
    ...conversation.hot,
    title: null,
    is_processing: false,
    pending_wallet_tx: null,
    active_run: null,
    queued: [],
    approvals: [],
    asks: [],
    message_count: 0,
    expires_at: null,
  };
  const { sessionId, generation, rev } = conversation;
  return { ...emptyConversation(sessionId), generation, rev, hot, expired: true };
}

/**
 * Tells whether the server says that there is no such session although this client has a conversation of it. Either the
 * session has ended, or the frame is older than the session.
 * @param {Conversation} conversation
 * @param {State} state
 */
export function denies(conversation, state) {
  return state.session_id === conversation.sessionId && state.generation === 0 && conversation.generation > 0;
}

/** Whether something is missing that only the answer to a `sync` can bring. @param {Conversation} conversation */
export function needsSync(conversation) {
  if (conversation.expired) return false;
  if (!conversation.hot || conversation.complete < conversation.ended) return true;
  return conversation.entries.slice(conversation.complete).some((entry) => entry && entry.length < entry.wanted);
}

/** What this client has, for a `sync`. @param {Conversation} conversation @returns {Have} */
export function have(conversation) {
  const { generation, complete, entries } = conversation;
  const partial = entries[complete] ?? entries.find((entry) => entry && !entry.ended);
  return {
    generation,
    messages: complete,
    seq: partial ? partial.message.seq : null,
    attempt: partial ? partial.attempt : 0,
    length: partial ? partial.length : 0,
  };
}

/** @param {Conversation} conversation @param {{ session_id: string, generation: number }} frame */
function belongs({ sessionId, generation, expired }, frame) {
  if (frame.session_id !== sessionId) return false;
  return frame.generation > generation || (frame.generation === generation && !expired);
}

/** @param {Conversation} conversation @param {number} generation @returns {Conversation} */
function ofGeneration(conversation, generation) {
  if (generation === conversation.generation) return conversation;
  return { ...emptyConversation(conversation.sessionId), generation };
}

/** @param {Conversation} conversation @param {TextFrame} frame */
function applyText(conversation, frame) {
  if (!belongs(conversation, frame)) return conversation;
  const base = ofGeneration(conversation, frame.generation);
  const ended = Math.max(base.ended, frame.attempt === 0 ? frame.seq + 1 : frame.seq);
  const entry = withText(base.entries[frame.seq], frame);
  if (entry === base.entries[frame.seq] && ended === base.ended) return base;
  const entries = base.entries.slice();
  if (entry) entries[frame.seq] = entry;
  return advanced({ ...base, entries, ended });
}

/** @param {Conversation} conversation @param {SessionExpiredFrame} frame */
function applyExpiry(conversation, frame) {
  return belongs(conversation, frame) ? expire(ofGeneration(conversation, frame.generation)) : conversation;
}

/** @param {(Entry | undefined)[]} entries @param {PublicMessage} message @param {State} state */
function mergeMessage(entries, message, state) {
  const { seq } = message;
  if (seq === null) return;
  if (!message.is_streaming) {
    entries[seq] = withEnd(entries[seq], message);
    return;
  }
  const attempt = state.active_run?.attempt ?? 1;
  const entry = withText(entries[seq], { seq, attempt, offset: 0, text: message.content });
  if (!entry || entry.ended || entry.attempt !== attempt) return;
  entries[seq] = { ...entry, message, wanted: Math.max(entry.wanted, message.length) };
}

/** Drops streaming text that is neither the active attempt's nor in the log. @param {(Entry | undefined)[]} entries @param {State} state */
function dropAbandonedText(entries, { message_count, active_run }) {
  for (let seq = message_count; seq < entries.length; seq += 1) {
    const entry = entries[seq];
    const isActive = active_run?.seq === seq && entry && entry.attempt >= active_run.attempt;
    if (entry && !entry.ended && !isActive) entries[seq] = undefined;
  }
  while (entries.length && !entries.at(-1)) entries.pop();
}

/** @param {Conversation} conversation @returns {Conversation} */
function advanced(conversation) {
  const { entries, ended } = conversation;
  let { complete } = conversation;
  while (complete < ended && isWhole(entries[complete])) complete += 1;
  return complete === conversation.complete ? conversation : { ...conversation, complete };
}

/** @param {State} state @returns {Hot} */
function hotOf({ messages: _messages, first_seq: _first, ...hot }) {
  return hot;
}
