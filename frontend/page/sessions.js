// Keeps the list of conversations equal to what the server still has, and to the copies of those that have ended.

import { RequestError } from '../client/http.js';
import { SessionBook } from '../client/session_book.js';
import { newKey } from '../client/outbox.js';

/** @import { HttpApi } from '../client/http.js' */
/** @import { SessionSummary } from '../client/frames.js' */
/** @import { View, Ended } from './ended.js' */
/** @import { Account } from './account.js' */
/** @import { ListedSession } from './sidebar.js' */

const REFRESH_MS = 60_000;
const REFRESH_BUSY_MS = 4_000;
const ASKED_AT_ONCE = 50;
const LISTED = 200;
const TITLE_LENGTH = 60;

export class Sessions {
  /** @type {Map<string, SessionSummary>} */
  #summaries = new Map();
  /** How long quiet sessions live, in milliseconds. @type {Map<string, number>} */
  #lives = new Map();
  /** Conversations in which the agent is working, as far as it is known. @type {Set<string>} */
  #busy = new Set();
  /** Deleted here. Another tab, which hears at the same time that they have ended, may list them again. @type {Set<string>} */
  #deleted = new Set();
  #current = '';
  #before = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {SessionBook} book @param {{ api: HttpApi, ended: Ended, onChange: () => void, account: Account }} options */
  constructor(book, { api, ended, onChange, account }) {
    this.book = book;
    this.account = account;
    this.api = api;
    this.ended = ended;
    this.onChange = onChange;
    window.addEventListener('storage', (event) => event.key?.startsWith('forge.sessions') && void this.refresh());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void this.refresh());
  }

  /** How long a session lives after its last activity, in milliseconds, if the server has told it. @returns {number | null} */
  get lifetime() {
    return this.#lives.size ? Math.min(...this.#lives.values()) : null;
  }

  /** What the server says of a session. While the agent works in one, it is kept for weeks, which says nothing about the time without use. @param {SessionSummary} summary */
  #keep(summary) {
    const { session_id, is_processing, last_activity_at, expires_at } = summary;
    this.#summaries.set(session_id, summary);
    const life = Date.parse(expires_at) - Date.parse(last_activity_at);
    if (!is_processing && life > 0) this.#lives.set(session_id, life);
  }

  /** Ask the server which of our sessions still exist; those that have ended stay as copies, or leave the list. */
  async refresh() {
    for (const id of this.#deleted) if (this.book.entry(id)?.endedAt) await this.#forget(id);
    const unclaimed = new Set(this.account.unclaimed.ids);
    const mine = this.book.entries().filter(({ id, endedAt }) => !endedAt && !unclaimed.has(id));
    await this.#askFor(mine.map(({ id }) => id));
    if (this.account.isLoggedIn) await this.#learn().catch(() => undefined);
    this.#again();
  }

  /** Conversations that this person has begun elsewhere. */
  async #learn() {
    let after = '';
    do {
      const { sessions, next } = await this.api.ownSessions(after);
      for (const summary of sessions) {
        const { session_id, title, last_activity_at } = summary;
        this.#keep(summary);
        if (!this.book.entry(session_id)) this.book.remember(session_id, { title, at: Date.parse(last_activity_at) || Date.now() });
      }
      after = next ?? '';
    } while (after && this.book.entries().length < LISTED);
    this.onChange();
  }

  /** Delete here what the server has deleted. */
  async forgetAll() {
    for (const { id } of this.book.entries()) await this.#forget(id);
    this.onChange();
  }

  /** @param {string} id */
  async #forget(id) {
    this.book.forget(id);
    await this.ended.forget(id);
  }

  /** A conversation has got another id. @param {string} from @param {string} to */
  async renew(from, to) {
    const { title = null, at = Date.now() } = this.book.entry(from) ?? {};
    this.book.remember(to, { title, at });
    await this.#forget(from);
  }

  /** Refresh sooner while the agent works in a conversation that is not open. */
  #again() {
    clearTimeout(this.#timer);
    const elsewhere = [...this.#busy].filter((id) => id !== this.#current);
    const look = () => (elsewhere.length ? this.#askFor(elsewhere).then(() => this.#again()) : this.refresh());
    const next = () => (document.visibilityState === 'visible' ? look() : undefined);
    this.#timer = setTimeout(() => void next(), elsewhere.length ? REFRESH_BUSY_MS : REFRESH_MS);
  }

  /** @param {string[]} ids */
  async #askFor(ids) {
    try {
      for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) await this.#ask(ids.slice(at, at + ASKED_AT_ONCE));
    } catch {
      // The server is unreachable for now, so the list stays unchanged.
    }
    this.onChange();
  }

  /** @param {string[]} ids */
  async #ask(ids) {
    const asked = Date.now();
    const found = new Map((await this.api.sessions(ids)).map((summary) => [summary.session_id, summary]));
    for (const entry of this.book.entries().filter(({ id }) => ids.includes(id))) {
      const summary = found.get(entry.id);
      if (summary) await this.#found(summary);
      else await this.#gone(entry.id, entry.at > asked - REFRESH_MS);
    }
  }

  /** @param {SessionSummary} summary */
  async #found(summary) {
    const id = summary.session_id;
    this.#keep(summary);
    if (id === this.#current) return;
    this.#setBusy(id, summary.is_processing);
    await this.ended.fetch(summary, this.api);
  }

  /** @param {string} id @param {boolean} isNew its first message may still be on its way */
  async #gone(id, isNew) {
    const endsAt = Date.parse(this.#summaries.get(id)?.expires_at ?? '');
    this.#summaries.delete(id);
    this.#busy.delete(id);
    const isKept = await this.ended.end(id, Number.isNaN(endsAt) ? undefined : endsAt);
    if (!isKept && !isNew) this.book.forget(id);
  }

  /** Record what the open conversation shows about itself. @param {View} view */
  note({ sessionId, hot, messages, queued, outgoing, isExpired, isProcessing, endedAt, approvals, asks }) {
    if (sessionId !== this.#current) this.#leave(sessionId);
    if (isExpired && !this.book.entry(sessionId)) return; // another tab has deleted it
    const first = [...messages, ...queued].find(({ sender }) => sender === 'user')?.content ?? outgoing.find(({ kind }) => kind === 'chat')?.text;
    if (!first) return;
    this.#setBusy(sessionId, isProcessing);
    const title = hot?.title ?? titleOf(first);
    const now = JSON.stringify([sessionId, title, isProcessing, messages.length, approvals.length, asks.length, endedAt]);
    if (now === this.#before) return;
    this.#before = now;
    const known = this.#summaries.get(sessionId);
    const summary = /** @type {SessionSummary} */ ({ ...known, title, is_processing: isProcessing, approvals: approvals.length + asks.length });
    this.#summaries.set(sessionId, summary);
    const lastAt = Date.parse(messages.at(-1)?.created_at ?? '');
    this.book.remember(sessionId, { title, at: Number.isNaN(lastAt) ? Date.now() : lastAt, seen: hot?.message_count ?? messages.length });
    this.onChange();
  }

  /** @param {string} next */
  #leave(next) {
    this.#current = next;
    this.#again();
  }

  /** @param {string} id @param {boolean} isBusy */
  #setBusy(id, isBusy) {
    if (isBusy) this.#busy.add(id);
    else this.#busy.delete(id);
  }

  /** @returns {ListedSession[]} */
  list() {
    return this.book.entries().map(({ id, title, at, endedAt, seen }) => {
      const summary = this.#summaries.get(id);
      const isOpen = id === this.#current;
      return {
        id,
        title: title ?? summary?.title ?? 'Conversation',
        at: Math.max(at, Date.parse(summary?.last_activity_at ?? '') || 0),
        signatures: summary?.approvals ?? 0,
        isBusy: this.#busy.has(id),
        isUnread: !isOpen && !endedAt && seen !== undefined && (summary?.message_count ?? 0) > seen,
        endedAt: endedAt ?? null,
        endsAt: isOpen || endedAt || this.#busy.has(id) ? null : Date.parse(summary?.expires_at ?? '') || null,
      };
    });
  }

  /** How many wallet requests wait in the other conversations, as far as it is known. @param {string} sessionId */
  waitingElsewhere(sessionId) {
    return this.list().reduce((sum, { id, signatures }) => sum + (id === sessionId ? 0 : signatures), 0);
  }

  /** @returns {string} a conversation that nobody has had yet */
  begin() {
    const id = newKey();
    this.book.use(id);
    return id;
  }

  /** @param {string} id @param {string} title */
  async rename(id, title) {
    await this.api.rename(id, title).catch(unlessGone);
    this.book.remember(id, { title });
    this.onChange();
  }

  /** @param {string} id */
  async delete(id) {
    await this.api.delete(id).catch(unlessGone);
    this.#deleted.add(id);
    await this.#forget(id);
    this.onChange();
  }
}

/** A session that has ended already counts as deleted. @param {Error} error */
function unlessGone(error) {
  if (!(error instanceof RequestError) || error.status !== 404) throw error;
}

/** A title until the server sends its own. @param {string} text */
function titleOf(text) {
  const line = /^\s*(?:[{[]|```)/.test(text) ? 'New conversation' : (text.trim().split('\n')[0] ?? '');
  return line.length > TITLE_LENGTH ? `${line.slice(0, TITLE_LENGTH - 1)}…` : line;
}
