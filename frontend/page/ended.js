// Conversations that the server has ended stay readable: the browser keeps a copy of what it has shown. The agent
// remembers nothing of it, and the page says so.

import { KeptCopies } from './kept_copies.js';

/** @import { HttpApi } from '../client/http.js' */
/** @import { SessionBook } from '../client/session_book.js' */
/** @import { SessionSummary } from '../client/frames.js' */
/** @import { ChatState, ShownMessage } from '../client/snapshot.js' */
/** @import { Copy } from './kept_copies.js' */

/** `endedAt`: set if only a copy is shown; `earlier`: the copy of what this session's id held before. */
/** @typedef {ChatState & { endedAt: number | null, earlier: Copy | null }} View */

const SAVE_AFTER_MS = 1_000;
const LONGEST_ID = 128;

export class Ended {
  /** @type {Set<string>} */
  #asked = new Set();
  /** @type {Set<string>} not stored yet */
  #changed = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #current = '';
  /** After this, the page that is still shown must store nothing more. */
  isForgotten = false;

  /** @param {SessionBook} book @param {{ now: () => number, onChange: () => void }} options `now` by the server's clock */
  constructor(book, options) {
    this.book = book;
    this.options = options;
    this.copies = new KeptCopies((ids) => ids.filter((id) => book.entry(id)?.endedAt).forEach((id) => book.forget(id)));
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && void this.save());
    window.addEventListener('pagehide', () => void this.save());
  }

  /** What to show of this state. @param {ChatState} state @returns {View} */
  view(state) {
    const { sessionId, hot } = state;
    if (sessionId !== this.#current) this.#turnTo(sessionId);
    if (!hot) return { ...state, endedAt: null, earlier: null };
    const copy = this.#copyOf(sessionId);
    if (copy && hot.generation > copy.generation) this.#setAside(copy);
    else if (!isGone(state)) this.#note(state);
    else if (copy?.messages.length && this.book.entry(sessionId)) return this.#readOnly(state, copy);
    return { ...state, endedAt: null, earlier: this.#earlier(sessionId) };
  }

  /** Store also what was said while the conversation was not open. @param {SessionSummary} summary @param {HttpApi} api */
  async fetch({ session_id, message_count, is_processing }, api) {
    const copy = await this.copies.read(session_id);
    if (is_processing || (copy?.count ?? 0) >= message_count) return;
    const state = await api.state(session_id);
    const messages = /** @type {ShownMessage[]} */ ((state.messages ?? []).filter(({ seq, is_streaming }) => seq !== null && !is_streaming));
    const { generation, title, network, expires_at } = state;
    if (!messages.length || (copy && copy.generation > generation)) return;
    const at = this.options.now();
    this.copies.hold({ id: session_id, generation, title, network, endsAt: Date.parse(expires_at ?? '') || at, at, count: state.message_count, messages });
    await this.copies.save(session_id);
  }

  /** The server no longer has the conversation. @param {string} id @param {number} [endsAt] @returns {Promise<boolean>} whether there is a copy to read */
  async end(id, endsAt) {
    const copy = await this.copies.read(id);
    if (!copy?.messages.length || !this.book.entry(id)) return false;
    const now = this.options.now();
    this.book.remember(id, { endedAt: this.book.entry(id)?.endedAt ?? Math.min(now, endsAt ?? copy.endsAt) });
    return true;
  }

  /** @param {string} id */
  forget(id) {
    this.#changed.delete(id);
    return this.copies.forget(id);
  }

  /** Delete everything that was kept of any conversation. */
  forgetAll() {
    this.isForgotten = true;
    clearTimeout(this.#timer);
    this.#changed.clear();
    return this.copies.forgetAll();
  }

  async save() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ids = [...this.#changed];
    this.#changed.clear();
    for (const id of ids) if (this.book.entry(id)) await this.copies.save(id);
  }

  /** @param {string} id */
  #turnTo(id) {
    this.#current = id;
    this.#asked.clear();
    void this.save().then(() => this.copies.release([this.#current, this.book.entry(this.#current)?.aside ?? '']));
  }

  /** The copy in memory; one in the database is shown as soon as it has been read. @param {string} id */
  #copyOf(id) {
    const held = this.copies.held(id);
    if (!held && !this.#asked.has(id)) {
      this.#asked.add(id);
      void this.copies.load(id).then((copy) => copy && this.options.onChange());
    }
    return held;
  }

  /** @param {ChatState} state */
  #note({ sessionId, hot, messages, isCaughtUp }) {
    const ended = messages.filter(({ is_streaming }) => !is_streaming);
    const known = this.copies.held(sessionId);
    if (!hot || !ended.length || !isCaughtUp) return;
    const endsAt = Date.parse(hot.expires_at ?? '') || this.options.now();
    const { generation, title, network } = hot;
    const isKept = known?.generation === generation && known.messages.length === ended.length && known.messages.at(-1) === ended.at(-1);
    const isSame = isKept && known.title === title && known.network === network;
    if (isSame && known.endsAt === endsAt) return;
    this.copies.hold({ id: sessionId, generation, title, network, endsAt, at: this.options.now(), count: hot.message_count, messages: ended });
    if (this.book.entry(sessionId)?.endedAt) this.book.remember(sessionId, { endedAt: undefined });
    this.#changed.add(sessionId);
    if (!isSame) this.#saveSoon();
  }

  #saveSoon() {
    this.#timer ??= setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  /** The session's id has begun anew, so what was said before becomes an entry of its own. @param {Copy} copy */
  #setAside(copy) {
    const id = asideId(copy);
    this.copies.hold({ ...copy, id });
    this.#changed.add(id);
    this.#saveSoon();
    void this.copies.forget(copy.id);
    const before = this.book.entry(copy.id);
    this.book.remember(copy.id, { aside: id, endedAt: undefined });
    this.book.remember(id, { title: before?.title ?? copy.title, at: before?.at ?? copy.at, endedAt: Math.min(this.options.now(), copy.endsAt) });
  }

  /** @param {string} id @returns {Copy | null} */
  #earlier(id) {
    const aside = this.book.entry(id)?.aside;
    return aside && this.book.entry(aside) ? (this.#copyOf(aside) ?? null) : null;
  }

  /** @param {ChatState} state @param {Copy} copy @returns {View} */
  #readOnly(state, copy) {
    const { sessionId, hot } = state;
    const known = this.book.entry(sessionId);
    const endedAt = known?.endedAt ?? Math.min(this.options.now(), copy.endsAt);
    if (known && !known.endedAt) this.book.remember(sessionId, { endedAt });
    const { generation, title, network, messages } = copy;
    const shown = hot && { ...hot, generation, title: known?.title ?? title, network };
    return { ...state, hot: shown, messages, isCaughtUp: true, endedAt, earlier: null };
  }
}

/** Whether the server has no such session. @param {ChatState} state */
function isGone({ hot, isExpired }) {
  return isExpired || (hot?.generation === 0 && hot.message_count === 0);
}

/** Has the form of an id, and is the same in every tab. @param {Copy} copy */
function asideId({ id, generation }) {
  return `ended~${generation}~${id}`.slice(0, LONGEST_ID);
}
