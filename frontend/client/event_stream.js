// Server-sent events by `fetch`, which unlike EventSource can send an Authorization header and never retries by itself.

import { Elapsed } from './elapsed.js';

/** @import { LinkEvents } from './socket.js' */
/** @import { StateFrame } from './frames.js' */

const SILENCE_MS = 40_000; // the server sends a comment every 15 s

export class EventStream {
  #stop = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;

  /**
   * @param {string} url
   * @param {LinkEvents} events
   * @param {{ fetch: typeof globalThis.fetch, headers: Record<string, string> }} options
   */
  constructor(url, events, { fetch, headers }) {
    this.events = events;
    this.silence = new Elapsed();
    this.isOpen = false;
    void this.#follow(url, fetch, headers);
  }

  /** A stream cannot send frames; each of its events is the whole state. */
  send() {
    return false;
  }

  close() {
    this.events = { opened() {}, frame() {}, closed() {} };
    clearTimeout(this.#silence);
    this.#stop.abort();
  }

  /** @param {string} url @param {typeof globalThis.fetch} fetch @param {Record<string, string>} headers */
  async #follow(url, fetch, headers) {
    try {
      this.#listen();
      const response = await fetch(url, {
        headers: { accept: 'text/event-stream', ...headers },
        signal: this.#stop.signal,
      });
      if (response.ok && response.body) await this.#read(response.body);
    } catch {
      // The stream was cut off or refused; both end in `closed`.
    }
    clearTimeout(this.#silence);
    const wasOpen = this.isOpen;
    this.isOpen = false;
    this.events.closed(wasOpen);
  }

  /** @param {ReadableStream<Uint8Array>} body */
  async #read(body) {
    this.isOpen = true;
    this.events.opened();
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#listen();
      const events = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = events.pop() ?? '';
      for (const event of events) this.#deliver(event);
    }
  }

  /** @param {string} event */
  #deliver(event) {
    const data = event
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).replace(/^ /, ''))
      .join('\n');
    if (data) this.events.frame(/** @type {StateFrame} */ ({ ...JSON.parse(data), type: 'state' }));
  }

  #listen() {
    this.silence = new Elapsed();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#stop.abort(), SILENCE_MS);
  }
}
