// One WebSocket from opening to close. It detects by itself that the other side no longer answers.

import { Elapsed } from './elapsed.js';
import { parseFrame } from './frames.js';

/** @import { ClientFrame, ServerFrame } from './frames.js' */

const OPEN_DEADLINE_MS = 10_000;

/**
 * `closed` is called once; its argument tells whether the socket had been open.
 * @typedef {object} LinkEvents
 * @property {() => void} opened
 * @property {(frame: ServerFrame) => void} frame
 * @property {(wasOpen: boolean) => void} closed
 */

export class Socket {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #deadline;
  #wasOpen = false;
  #isOver = false;

  /** @param {string} url @param {LinkEvents} events @param {typeof globalThis.WebSocket} [WebSocket] */
  constructor(url, events, WebSocket = globalThis.WebSocket) {
    this.events = events;
    this.silence = new Elapsed();
    this.socket = dialled(url, WebSocket);
    if (this.socket) {
      this.socket.onopen = () => this.#opened();
      this.socket.onmessage = (event) => this.#heard(event.data);
      this.socket.onclose = () => this.#over();
    } else {
      // The error is reported later, so that the caller has stored this object before `closed` is called.
      queueMicrotask(() => this.#over());
    }
    this.expectAnswer(OPEN_DEADLINE_MS);
  }

  /** Node 20 has no WebSocket of its own, and a host may remove the browser's. */
  static isPossible() {
    return typeof globalThis.WebSocket === 'function';
  }

  get isOpen() {
    return !this.#isOver && this.#wasOpen;
  }

  /** @param {ClientFrame} frame @param {number} answerWithin milliseconds until the socket counts as dead */
  send(frame, answerWithin) {
    if (!this.isOpen) return false;
    this.socket?.send(JSON.stringify(frame));
    this.expectAnswer(answerWithin);
    return true;
  }

  /** Any frame counts as an answer. @param {number} milliseconds */
  expectAnswer(milliseconds) {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#over(), milliseconds);
  }

  /** Close without a call of `closed`. */
  close() {
    this.#end();
  }

  #opened() {
    this.#wasOpen = true;
    clearTimeout(this.#deadline);
    this.events.opened();
  }

  /** @param {unknown} data */
  #heard(data) {
    clearTimeout(this.#deadline);
    this.silence = new Elapsed();
    const frame = parseFrame(data);
    if (frame && !this.#isOver) this.events.frame(frame);
  }

  #over() {
    if (this.#isOver) return;
    this.#end();
    this.events.closed(this.#wasOpen);
  }

  #end() {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }
}

/** Returns null where the host forbids a socket (a content security policy, mixed content); it counts as one that cannot be opened. @param {string} url @param {typeof globalThis.WebSocket} WebSocket */
function dialled(url, WebSocket) {
  try {
    return new WebSocket(url);
  } catch {
    return null;
  }
}
