// Messages that the server has not confirmed yet. Each keeps one Idempotency-Key and stays in the browser's storage
// until it is confirmed, so that neither a failure nor a reload loses or repeats it.

import { isText, keysOf, storedJson } from './browser_storage.js';
import { fitText } from './code_points.js';
import { Delivery, isSentByItself } from './delivery.js';
import { Elapsed } from './elapsed.js';
import { RequestError } from './http.js';

/** @import { ApprovalReply, State } from './frames.js' */
/** @import { Accepted, HttpApi } from './http.js' */

const PREFIX = 'forge.outbox.';
const WITHDRAWN = 'You stopped it before the server had confirmed it.';
/** Why a message is sent no longer: another tab has sent it, or the person has discarded it there. */
const GONE = Symbol('gone from the storage');

/**
 * `since`: the number of messages in the conversation when this one was written.
 * @typedef {object} OutgoingMessage
 * @property {string} key
 * @property {string} sessionId
 * @property {'chat' | 'system'} kind
 * @property {string} text
 * @property {ApprovalReply} [approval]
 * @property {number} since
 * @property {number} at
 * @property {'sending' | 'failed'} status
 * @property {string} [problem]
 */

/**
 * @typedef {object} OutboxOptions
 * @property {HttpApi} api
 * @property {Storage} storage
 * @property {number} retryDelay
 * @property {() => void} onChange
 * @property {(state: State) => void} onConfirmed
 */

export class Outbox {
  /** @type {OutgoingMessage[]} */
  #messages;
  /** The last send of each session. Messages are sent one after the other, so that none can overtake another, unless the server cannot take one in. @type {Map<string, Promise<unknown>>} */
  #lines = new Map();
  /** How each message that is being sent is withdrawn. @type {Map<string, AbortController>} */
  #withdrawals = new Map();
  #delivery;

  /** @param {OutboxOptions} options */
  constructor(options) {
    this.options = options;
    this.#messages = stored(options.storage);
    this.#delivery = new Delivery(options.retryDelay, (message) => this.#request(message));
    for (const message of this.#messages) {
      if (isSentByItself(message)) void this.#enqueue(message);
      else this.#put({ ...message, status: 'failed' });
    }
    globalThis.addEventListener?.('storage', (event) => this.#sentElsewhere(/** @type {StorageEvent} */ (event)));
  }

  /** @param {string} sessionId */
  of(sessionId) {
    return this.#messages.filter((message) => message.sessionId === sessionId);
  }

  /**
   * @param {Pick<OutgoingMessage, 'sessionId' | 'kind' | 'text' | 'approval' | 'since'>} draft
   * @returns {Promise<boolean>} whether the server has accepted it
   */
  add(draft) {
    /** @type {OutgoingMessage} */
    const message = { ...fitDraft(draft), key: newKey(), at: Date.now(), status: 'sending' };
    this.#put(message);
    return this.#enqueue(message);
  }

  /**
   * Stop sending a session's messages, which then can be sent again, changed or discarded. If the server has one of them
   * already, its run is stopped.
   * @param {string} sessionId
   * @returns {boolean} whether there were any
   */
  withdraw(sessionId) {
    const sending = this.of(sessionId).filter(isBeingSent);
    for (const message of sending) {
      this.#withdrawalOf(message).abort();
      this.#put({ ...message, status: 'failed', problem: WITHDRAWN });
    }
    return sending.length > 0;
  }

  /** The server can be reached again. */
  hurry() {
    this.#delivery.hurry();
  }

  /** @param {string} key */
  retry(key) {
    const failed = this.#messages.find((message) => message.key === key && message.status === 'failed');
    if (!failed) return Promise.resolve(false);
    this.#withdrawals.delete(key);
    /** @type {OutgoingMessage} */
    const message = { ...failed, status: 'sending', problem: undefined };
    this.#put(message);
    return this.#enqueue(message);
  }

  /** @param {string} key */
  discard(key) {
    this.#messages = this.#messages.filter((message) => message.key !== key);
    this.options.storage.removeItem(PREFIX + key);
    this.options.onChange();
  }

  /** @param {OutgoingMessage} message @returns {Promise<boolean>} */
  #enqueue(message) {
    const waited = new Elapsed();
    const before = this.#lines.get(message.sessionId) ?? Promise.resolve();
    return new Promise((resolve, reject) => {
      const passed = new Promise((letPass) => {
        const sent = before.then(() => this.#send(message, waited, () => letPass(null)));
        sent.then(resolve, reject);
        sent.then(letPass, letPass);
      });
      this.#lines.set(message.sessionId, passed);
    });
  }

  /** @param {OutgoingMessage} message @param {Elapsed} waited @param {() => void} letPass */
  async #send(message, waited, letPass) {
    const withdrawal = this.#withdrawalOf(message);
    const { signal } = withdrawal;
    const isWithdrawn = () => signal.aborted && signal.reason !== GONE && this.#withdrawals.get(message.key) === withdrawal; // and not tried again since
    try {
      const state = await this.#delivery.post(message, { withdrawn: signal, waited, letPass });
      if (!state) return false;
      this.options.onConfirmed(state);
      this.discard(message.key);
      if (isWithdrawn()) await this.#stop(message, state);
      return true;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (!signal.aborted) this.#put({ ...message, status: 'failed', problem: error.message });
      return false;
    } finally {
      if (this.#withdrawals.get(message.key) === withdrawal) this.#withdrawals.delete(message.key);
    }
  }

  /** @param {OutgoingMessage} message @param {Accepted} state */
  async #stop({ sessionId }, { run_id }) {
    this.options.onConfirmed(await this.options.api.interrupt(sessionId, run_id ?? undefined));
  }

  /** @param {OutgoingMessage} message */
  #withdrawalOf({ key }) {
    const withdrawal = this.#withdrawals.get(key) ?? new AbortController();
    this.#withdrawals.set(key, withdrawal);
    return withdrawal;
  }

  /** @param {OutgoingMessage} message @returns {Promise<Accepted>} */
  #request({ sessionId, kind, text, key, approval }) {
    const { api } = this.options;
    return kind === 'chat' ? api.chat(sessionId, text, key) : api.system(sessionId, text, key, approval);
  }

  /** @param {OutgoingMessage} message */
  #put(message) {
    const isKnown = this.#messages.some(({ key }) => key === message.key);
    this.#messages = isKnown
      ? this.#messages.map((other) => (other.key === message.key ? message : other))
      : [...this.#messages, message];
    this.options.storage.setItem(PREFIX + message.key, JSON.stringify(message));
    this.options.onChange();
  }

  /** @param {StorageEvent} event */
  #sentElsewhere(event) {
    if (!event.key?.startsWith(PREFIX) || event.newValue !== null) return;
    const key = event.key.slice(PREFIX.length);
    const message = this.#messages.find((other) => other.key === key);
    if (!message) return;
    if (message.status === 'sending') this.#withdrawalOf(message).abort(GONE);
    this.discard(key);
  }
}

/** A wallet's text may be cut inside a character, and its answer must reach the server all the same. @template {Pick<OutgoingMessage, 'text' | 'approval'>} Draft @param {Draft} draft @returns {Draft} */
function fitDraft(draft) {
  const { text, approval } = draft;
  const reason = approval?.reason;
  return { ...draft, text: fitText(text), ...(approval && reason ? { approval: { ...approval, reason: fitText(reason) } } : {}) };
}

/** Whether this is a person's message that the server has not confirmed. @param {OutgoingMessage} message */
export function isBeingSent({ status, kind }) {
  return status === 'sending' && kind === 'chat';
}

/** `crypto.randomUUID` exists only on secure origins. */
export function newKey() {
  if ('randomUUID' in crypto) return crypto.randomUUID();
  const hex = Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{8})(.{4}).(.{3}).(.{3})(.{12})/, '$1-$2-4$3-a$4-$5');
}

/** @param {Storage} storage @returns {OutgoingMessage[]} */
function stored(storage) {
  return keysOf(storage)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => storedJson(storage, key))
    .filter(isOutgoing)
    .sort((a, b) => a.at - b.at);
}

/** @param {unknown} value @returns {value is OutgoingMessage} */
function isOutgoing(value) {
  const { key, sessionId, kind, text, since, at } = /** @type {Partial<Record<keyof OutgoingMessage, unknown>>} */ (value ?? {});
  return [key, sessionId, text].every(isText) && (kind === 'chat' || kind === 'system') && [since, at].every(Number.isFinite);
}
