import type { Entry } from './entry.js';
import type { Have, Hot, ServerFrame, State } from './frames.js';
export type Conversation = {
    sessionId: string;
    generation: number;
    rev: number;
    hot: Hot | null;
    entries: ReadonlyArray<Entry | undefined>;
    ended: number;
    complete: number;
    first: number;
    expired: boolean;
};
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
export declare function emptyConversation(sessionId: string): Conversation;
/**
 * @param {Conversation} conversation
 * @param {ServerFrame} frame
 * @returns {Conversation} the same object if the frame contained nothing new
 */
export declare function applyFrame(conversation: Conversation, frame: ServerFrame): Conversation;
/**
 * @param {Conversation} conversation
 * @param {State} state a `state` frame or the body of an HTTP answer
 */
export declare function applyState(conversation: Conversation, state: State): Conversation;
/**
 * Adds messages before those that are held, from an answer of `GET /api/state?before=`. It changes nothing if it does not
 * end directly before `first`: while it was loaded, the server may have left out messages in between. An empty page says
 * that nothing is earlier.
 * @param {Conversation} conversation
 * @param {State} state
 * @returns {Conversation}
 */
export declare function withOlder(conversation: Conversation, state: State): Conversation;
/**
 * Drops a conversation whose session has ended. Late frames of that generation are ignored from now on.
 * @param {Conversation} conversation
 * @returns {Conversation}
 */
export declare function expire(conversation: Conversation): Conversation;
/**
 * Tells whether the server says that there is no such session although this client has a conversation of it. Either the
 * session has ended, or the frame is older than the session.
 * @param {Conversation} conversation
 * @param {State} state
 */
export declare function denies(conversation: Conversation, state: State): boolean;
/** Whether something is missing that only the answer to a `sync` can bring. @param {Conversation} conversation */
export declare function needsSync(conversation: Conversation): boolean;
/** What this client has, for a `sync`. @param {Conversation} conversation @returns {Have} */
export declare function have(conversation: Conversation): Have;
