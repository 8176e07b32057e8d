// Keeps the list of conversations equal to what the server still has.

import { RequestError } from '../client/http.js';
import { SessionBook } from '../client/session_book.js';
import { newKey } from '../client/outbox.js';

/** @import { HttpApi } from '../client/http.js' */
/** @import { SessionSummary } from '../client/frames.js' */
/** @import { ChatState } from '../client/snapshot.js' */
/** @import { ListedSession } from './sidebar.js' */

const REFRESH_MS = 60_000;
const ASKED_AT_ONCE = 50;
const TITLE_LENGTH = 60;

export class Sessions {
  /** @type {Map<string, SessionSummary>} */
  #summaries = new Map();
  #before = '';

  /** @param {SessionBook} book @param {{ api: HttpApi, onChange: () => void }} options */
  constructor(book, { api, onChange }) {
    this.book = book;
    this.api = api;
    this.onChange = onChange;
    setInterval(() => document.visibilityState === 'visible' && void this.refresh(), REFRESH_MS);
    window.addEventListener('storage', (event) => event.key?.startsWith('forge.sessions') && void this.refresh());
  }

  /** Ask the server which of ours still exist; those that have ended leave the list. */
  async refresh() {
    const ids = this.book.entries().map(({ id }) => id);
    try {
      for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) await this.#ask(ids.slice(at, at + ASKED_AT_ONCE));
    } catch {
      // Out of reach for now: the list stays as it is.
    }
    this.onChange();
  }

  /** @param {string[]} ids */
  async #ask(ids) {
    const asked = Date.now();
    const found = new Map((await this.api.sessions(ids)).map((summary) => [summary.session_id, summary]));
    for (const entry of this.book.entries()) {
      const summary = found.get(entry.id);
      if (summary) this.#summaries.set(entry.id, summary);
      else if (ids.includes(entry.id) && entry.at < asked - REFRESH_MS) this.book.forget(entry.id);
    }
  }

  /** Note what the open conversation shows about itself. @param {ChatState} state */
  note({ sessionId, hot, messages, outgoing, isProcessing, approvals }) {
    const first = messages.find(({ sender }) => sender === 'user')?.content ?? outgoing.find(({ kind }) => kind === 'chat')?.text;
    if (!first) return;
    const title = hot?.title ?? titleOf(first);
    const now = JSON.stringify([sessionId, title, isProcessing, messages.length, approvals.length]);
    if (now === this.#before) return;
    this.#before = now;
    const known = this.#summaries.get(sessionId);
    if (known) this.#summaries.set(sessionId, { ...known, title, is_processing: isProcessing, approvals: approvals.length });
    const lastAt = Date.parse(messages.at(-1)?.created_at ?? '');
    this.book.remember(sessionId, { title, at: Number.isNaN(lastAt) ? Date.now() : lastAt });
    this.onChange();
  }

  /** @returns {ListedSession[]} */
  list() {
    return this.book.entries().map(({ id, title, at }) => {
      const summary = this.#summaries.get(id);
      return {
        id,
        title: title ?? summary?.title ?? 'Conversation',
        at: Math.max(at, Date.parse(summary?.last_activity_at ?? '') || 0),
        isBusy: summary?.is_processing ?? false,
        signatures: summary?.approvals ?? 0,
      };
    });
  }

  /** How many wallet requests wait in the other conversations, as far as is known. @param {string} sessionId */
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
    this.book.forget(id);
    this.onChange();
  }
}

/** A session that has ended already is as good as deleted. @param {Error} error */
function unlessGone(error) {
  if (!(error instanceof RequestError) || error.status !== 404) throw error;
}

/** @param {string} text */
function titleOf(text) {
  const line = text.trim().split('\n')[0] ?? '';
  return line.length > TITLE_LENGTH ? `${line.slice(0, TITLE_LENGTH - 1)}…` : line;
}
