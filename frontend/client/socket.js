// One WebSocket from dial to close. It notices by itself when the other side has gone silent.

import { parseFrame } from './frames.js';

/** @import { ClientFrame, ServerFrame } from './frames.js' */

const OPEN_DEADLINE_MS = 10_000;

/**
 * `closed` is called once, `opened` tells whether the socket had been open.
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
    this.lastHeard = Date.now();
    this.socket = new WebSocket(url);
    this.socket.onopen = () => this.#opened();
    this.socket.onmessage = (event) => this.#heard(event.data);
    this.socket.onclose = () => this.#over();
    this.expectAnswer(OPEN_DEADLINE_MS);
  }

  get isOpen() {
    return !this.#isOver && this.#wasOpen;
  }

  /** @param {ClientFrame} frame @param {number} answerWithin milliseconds until the socket counts as dead */
  send(frame, answerWithin) {
    if (!this.isOpen) return false;
    this.socket.send(JSON.stringify(frame));
    this.expectAnswer(answerWithin);
    return true;
  }

  /** Any frame is an answer. @param {number} milliseconds */
  expectAnswer(milliseconds) {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#over(), milliseconds);
  }

  /** Close without `closed` being called. */
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
    this.lastHeard = Date.now();
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
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }
}
