// What a person should know about the current state, in plain words: one line each, above the conversation.

import { isText, storedList } from '../client/browser_storage.js';
import { Elapsed } from '../client/elapsed.js';
import { el, icon, iconButton } from './dom.js';
import { KeptChildren } from './kept_children.js';

/** @import { View } from './ended.js' */

/** @typedef {{ id: string, tone: 'info' | 'warning', text: string, stays?: boolean }} Notice */

const CUT_OFF_AFTER_MS = 3_000;
const SOON_MS = 3 * 60_000;
const LOOK_MS = 15_000;
const DISMISSED = 'forge.dismissed';

export class Notices {
  #shown;
  /** @type {Set<string>} */
  #dismissed;
  /** @type {Elapsed | null} since the connection was lost */
  #cutOff = null;

  /** @param {HTMLElement} region @param {{ state: () => View, now: () => number, storage: Storage }} options `now` by the server's clock; `storage` of this tab */
  constructor(region, options) {
    this.#shown = new KeptChildren(region);
    this.options = options;
    this.#dismissed = new Set(storedList(options.storage, DISMISSED, isText));
    setInterval(() => this.render(options.state()), LOOK_MS);
  }

  /** @param {View} state */
  render(state) {
    const notices = [...this.#connection(state), ...ofState(state), ...this.#expiry(state)];
    const open = notices.filter(({ id, stays }) => stays || !this.#dismissed.has(id));
    this.#shown.show(open.map((notice) => ({ key: notice.id, form: notice, build: () => this.#element(notice) })));
  }

  /** @param {View} state @returns {Notice[]} */
  #connection({ connectionStatus }) {
    const isCutOff = ['reconnecting', 'offline', 'disconnected'].includes(connectionStatus);
    if (!isCutOff) {
      this.#cutOff = null;
      return [];
    }
    if (!this.#cutOff) {
      this.#cutOff = new Elapsed();
      setTimeout(() => this.render(this.options.state()), CUT_OFF_AFTER_MS + 50);
    }
    if (this.#cutOff.ms < CUT_OFF_AFTER_MS) return [];
    const text =
      connectionStatus === 'offline'
        ? 'You are offline. Everything continues when you are back; the agent goes on meanwhile.'
        : 'The connection is lost; trying again. The agent goes on meanwhile, and nothing will be missing.';
    return [{ id: 'connection', tone: 'warning', text, stays: true }];
  }

  /** @param {View} state @returns {Notice[]} */
  #expiry({ hot, connectionStatus, messages }) {
    const left = Date.parse(hot?.expires_at ?? '') - this.options.now();
    if (connectionStatus === 'connected' || !messages.length || !(left > 0 && left < SOON_MS)) return [];
    const minutes = Math.max(1, Math.round(left / 60_000));
    const text = `This conversation expires in ${minutes} minute${minutes > 1 ? 's' : ''} unless the connection comes back.`;
    return [{ id: 'expiry', tone: 'warning', text, stays: true }];
  }

  /** @param {Notice} notice */
  #element({ id, tone, text, stays }) {
    const dismiss = () => {
      this.#dismissed.add(id);
      this.options.storage.setItem(DISMISSED, JSON.stringify([...this.#dismissed]));
      this.render(this.options.state());
    };
    return el(
      'div',
      { class: 'notice', data: { tone, notice: id } },
      icon(tone === 'warning' ? 'warning' : 'info'),
      el('span', { dir: 'auto' }, text),
      !stays && iconButton('cross', 'Dismiss', dismiss),
    );
  }
}

/** @param {View} state @returns {Notice[]} */
function ofState({ hot, isExpired, endedAt }) {
  /** @type {Notice[]} */
  const notices = (hot?.notices ?? []).map((text) => ({ id: text, tone: 'info', text }));
  if (isExpired && endedAt === null) {
    notices.push({ id: 'expired', tone: 'info', stays: true, text: 'The conversation ended after a time without activity. Write to begin a new one.' });
  }
  if (hot?.is_loading) {
    notices.push({ id: 'loading', tone: 'info', stays: true, text: 'The agent is starting. You can write already; your message waits for it.' });
  }
  if (hot?.is_connecting_mcp) notices.push({ id: 'mcp', tone: 'info', stays: true, text: 'The agent is connecting to its tools.' });
  if (hot?.missing_api_key && !notices.some(({ text }) => /key/i.test(text))) {
    notices.push({ id: 'key', tone: 'warning', stays: true, text: 'The API key of the language model is missing on the server. Set it where the worker runs and restart it.' });
  }
  return notices;
}
