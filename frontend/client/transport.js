// Keeps one live link to a session while the page is open: a WebSocket first, server-sent events if a WebSocket cannot
// be opened. Reconnecting is jittered and limited in rate, and never given up.

import { backoff } from './backoff.js';
import { Elapsed } from './elapsed.js';
import { EventStream } from './event_stream.js';
import { Socket } from './socket.js';
import { isOnline, watchBrowserEvents } from './browser_events.js';

/** @import { ClientFrame, ServerFrame } from './frames.js' */
/** @import { HttpApi } from './http.js' */

/** @typedef {'connecting' | 'connected' | 'reconnecting' | 'offline' | 'disconnected'} ConnectionStatus */

const PING_EVERY_MS = 4 * 60_000; // API Gateway closes a socket that is silent for 10 minutes
const BUSY_PING_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 10_000;
const ANSWER_AFTER_WAKING_MS = 4_000;
const LIFETIME_MS = 110 * 60_000; // API Gateway closes every socket after 2 hours
const RENEW_AT = 0.8; // of the time for which a socket stays open
const STABLE_MS = 10_000;
const REFUSALS_UNTIL_STREAM = 2;
const SOCKET_AGAIN_MS = 3 * 60_000;

/**
 * @typedef {object} TransportOptions
 * @property {HttpApi} api
 * @property {string} sessionId
 * @property {number} reconnectAttempts failures in a row until the status becomes `disconnected`
 * @property {number} reconnectDelay milliseconds; grows with each failure
 * @property {(frame: ServerFrame) => void} onFrame
 * @property {() => void} onOpen called when the link is open and the client must catch up
 * @property {(status: ConnectionStatus) => void} onStatus
 * @property {() => boolean} isBusy whether a run is in progress, so that silence is suspicious
 */

export class Transport {
  /** @type {Socket | EventStream | null} */
  #link = null;
  /** @type {Socket | null} a socket that is being opened to replace the link */
  #successor = null;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #timers = new Map();
  #failures = 0;
  #refusals = 0;
  /** When a socket was last tried. A stream that ends, as quiet ones do, is not a reason to stop trying sockets. */
  #socketDialed = new Elapsed();
  #isRunning = false;
  /** @type {number | null} seconds until the socket ends with the token that opened it; null: never */
  #opensFor = null;
  /** @type {ConnectionStatus} */
  status = 'disconnected';

  /** @param {TransportOptions} options */
  constructor(options) {
    this.options = options;
    this.stopWatching = () => {};
  }

  start() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.stopWatching = watchBrowserEvents({ wake: () => this.#wake(), doubt: () => this.#doubt() });
    this.#setStatus('connecting');
    this.#dial();
  }

  stop() {
    this.#isRunning = false;
    this.stopWatching();
    this.#hangUp();
    this.#failures = this.#refusals = 0;
    this.#setStatus('disconnected');
  }

  /** Whether the link can send a `sync`. */
  get canAsk() {
    return this.#link instanceof Socket && this.#link.isOpen;
  }

  /** @param {ClientFrame} frame */
  send(frame) {
    return this.#link?.send(frame, ANSWER_WITHIN_MS) ?? false;
  }

  #dial() {
    this.#after('redial', 0, null);
    const isTooEarly = this.#socketDialed.ms < SOCKET_AGAIN_MS;
    const wantsStream = this.#refusals >= REFUSALS_UNTIL_STREAM && isTooEarly;
    if (!Socket.isPossible() || wantsStream) void this.#openStream();
    else void this.#openSocket();
  }

  async #openSocket() {
    this.#socketDialed = new Elapsed();
    const url = await this.#socketUrl().catch(() => null);
    if (!this.#isRunning || this.#link?.isOpen) return;
    if (url === null) this.#lost(false);
    else this.#link = new Socket(url, this.#events((wasOpen) => this.#lost(wasOpen)));
  }

  async #openStream() {
    const { api, sessionId } = this.options;
    const url = `${api.backendUrl}/api/chat/stream?session_id=${encodeURIComponent(sessionId)}`;
    const headers = await api.authorization().catch(() => null);
    if (!this.#isRunning || this.#link?.isOpen) return;
    if (headers === null) {
      this.#lost(false);
      return;
    }
    this.#link = new EventStream(url, this.#events((wasOpen) => this.#lost(wasOpen)), { fetch: api.fetch, headers });
    if (Socket.isPossible()) this.#after('replace', SOCKET_AGAIN_MS, () => void this.#replace());
  }

  /** Open a new socket before closing the old link, so that nothing is missed in between. */
  async #replace() {
    const url = await this.#socketUrl().catch(() => null);
    if (!this.#isRunning || !this.#link?.isOpen || url === null) return;
    const successor = new Socket(url, {
      opened: () => {
        this.#link?.close();
        this.#link = successor;
        this.#successor = null;
        successor.events = this.#events((wasOpen) => this.#lost(wasOpen));
        successor.events.opened();
      },
      frame() {},
      closed: () => this.#after('replace', SOCKET_AGAIN_MS, () => void this.#replace()),
    });
    this.#successor = successor;
  }

  /** @param {(wasOpen: boolean) => void} closed */
  #events(closed) {
    return { opened: () => this.#opened(), frame: (/** @type {ServerFrame} */ frame) => this.options.onFrame(frame), closed };
  }

  #opened() {
    if (this.#link instanceof Socket) {
      this.#refusals = 0;
      this.#after('ping', BUSY_PING_EVERY_MS, () => this.#ping());
      this.#renewIn(this.#opensFor);
      this.#after('replace', LIFETIME_MS * (0.9 + 0.1 * Math.random()), () => void this.#replace());
    }
    this.#after('stable', STABLE_MS, () => (this.#failures = 0));
    this.#setStatus('connected');
    this.options.onOpen();
  }

  /** @param {boolean} wasOpen */
  #lost(wasOpen) {
    const wasSocket = !(this.#link instanceof EventStream);
    this.#hangUp();
    if (!this.#isRunning) return;
    this.#failures += 1;
    this.#refusals = nextRefusals(this.#refusals, wasSocket, wasOpen);
    this.#setStatus(this.#statusWithoutLink());
    this.#after('redial', backoff(this.#failures, this.options.reconnectDelay / 2), () => this.#dial());
  }

  /** @returns {ConnectionStatus} */
  #statusWithoutLink() {
    if (!isOnline()) return 'offline';
    return this.#failures > this.options.reconnectAttempts ? 'disconnected' : 'reconnecting';
  }

  #hangUp() {
    for (const name of [...this.#timers.keys()]) this.#after(name, 0, null);
    this.#link?.close();
    this.#successor?.close();
    this.#link = this.#successor = null;
  }

  /** Checks every few seconds, because a run may begin at any time. */
  #ping() {
    const silence = this.#link?.silence.ms ?? Infinity;
    if (silence >= (this.options.isBusy() ? BUSY_PING_EVERY_MS : PING_EVERY_MS)) this.send({ type: 'ping' });
    this.#after('ping', BUSY_PING_EVERY_MS, () => this.#ping());
  }

  /** Presents a newer token before the old one ends. Without one the server closes the socket, and a new one is opened. @param {number | null} seconds */
  #renewIn(seconds) {
    this.#after('renew', (seconds ?? 0) * 1000 * RENEW_AT, seconds === null ? null : () => void this.#renew());
  }

  async #renew() {
    const given = await this.options.api.ticket(this.options.sessionId).catch(() => null);
    if (!given || !this.canAsk) return;
    this.send({ type: 'auth', ticket: given.ticket });
    this.#renewIn(given.opens_for ?? null);
  }

  /** The page is visible or the network is back, so check at once whether the link is still alive. */
  #wake() {
    if (this.#link?.isOpen) {
      this.#doubt();
    } else if (this.#timers.has('redial')) {
      this.#setStatus('reconnecting');
      this.#after('redial', 200 + 800 * Math.random(), () => this.#dial());
    }
  }

  /** The network that went away may not be the one that the link uses. */
  #doubt() {
    this.#link?.send({ type: 'ping' }, ANSWER_AFTER_WAKING_MS);
  }

  async #socketUrl() {
    const { api, sessionId } = this.options;
    const base = new URL(api.backendUrl || '/', globalThis.location?.href);
    const url = new URL(`${base.pathname.replace(/\/$/, '')}/ws`, base);
    url.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('session_id', sessionId);
    this.#opensFor = null;
    if (await api.accessToken?.()) {
      const { ticket, opens_for } = await api.ticket(sessionId);
      url.searchParams.set('ticket', ticket);
      this.#opensFor = opens_for ?? null;
    }
    return url.href;
  }

  /** @param {ConnectionStatus} status */
  #setStatus(status) {
    if (status === this.status) return;
    this.status = status;
    this.options.onStatus(status);
  }

  /** Sets the timer of this name; `action` null cancels it. @param {string} name @param {number} delay @param {(() => void) | null} action */
  #after(name, delay, action) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
    if (!action) return;
    const fire = () => {
      this.#timers.delete(name);
      action();
    };
    this.#timers.set(name, setTimeout(fire, delay));
  }
}

/** A socket that cannot be opened may be blocked; if a stream fails too, the next try is a socket again. @param {number} refusals @param {boolean} wasSocket @param {boolean} wasOpen */
function nextRefusals(refusals, wasSocket, wasOpen) {
  if (wasSocket) return wasOpen ? 0 : refusals + 1;
  return wasOpen ? refusals : 0;
}
