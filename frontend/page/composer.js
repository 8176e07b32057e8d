// The box in which messages are written. It never loses a text: drafts are kept per conversation.

import { byId } from './dom.js';

/** @import { ChatState } from '../client/snapshot.js' */

const COUNT_FROM = 0.8;

/**
 * @typedef {object} ComposerOptions
 * @property {number} maxLength in code points
 * @property {(text: string) => void} onSend
 * @property {() => void} onStop
 */

export class Composer {
  #text = byId('composer-text', HTMLTextAreaElement);
  #send = byId('send', HTMLButtonElement);
  #stop = byId('stop', HTMLButtonElement);
  #count = byId('composer-count', HTMLElement);
  #sessionId = '';
  #lastSent = '';
  /** @type {Map<string, string>} */
  #drafts = new Map();

  /** @param {ComposerOptions} options */
  constructor(options) {
    this.options = options;
    byId('composer', HTMLFormElement).addEventListener('submit', (event) => this.#submit(event));
    this.#text.addEventListener('keydown', (event) => this.#key(event));
    this.#text.addEventListener('input', () => this.#changed());
    this.#stop.addEventListener('click', () => options.onStop());
    this.#changed();
  }

  /** @param {ChatState} state */
  render(state) {
    if (state.sessionId !== this.#sessionId) this.#changeConversation(state.sessionId);
    this.#lastSent = state.messages.filter((message) => message.sender === 'user').at(-1)?.content ?? this.#lastSent;
    const isBusy = state.isProcessing;
    if (this.#stop.hidden === isBusy) {
      if (!isBusy && document.activeElement === this.#stop) this.focus();
      this.#stop.hidden = !isBusy;
    }
    this.#text.placeholder = isBusy ? 'The next message waits its turn' : 'Ask the agent…';
  }

  focus() {
    this.#text.focus();
  }

  /** Put a text into the box, unless something is being written already. @param {string} text */
  suggest(text) {
    if (!this.#text.value.trim()) this.#text.value = text;
    this.#changed();
    this.focus();
  }

  /** @param {string} sessionId */
  #changeConversation(sessionId) {
    this.#drafts.set(this.#sessionId, this.#text.value);
    if (this.#sessionId) this.#text.value = this.#drafts.get(sessionId) ?? '';
    this.#sessionId = sessionId;
    this.#lastSent = '';
    this.#changed();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    if (!text || this.#isTooLong()) return;
    this.#text.value = '';
    this.#lastSent = text;
    this.#changed();
    this.options.onSend(text);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#text.form?.requestSubmit();
    } else if (event.key === 'ArrowUp' && !this.#text.value && this.#lastSent) {
      event.preventDefault();
      this.#text.value = this.#lastSent;
      this.#text.setSelectionRange(this.#lastSent.length, this.#lastSent.length);
      this.#changed();
    }
  }

  #changed() {
    const length = [...this.#text.value].length;
    const { maxLength } = this.options;
    this.#count.hidden = length < maxLength * COUNT_FROM;
    this.#count.textContent = `${length} / ${maxLength}`;
    this.#text.setAttribute('aria-invalid', String(this.#isTooLong()));
    this.#send.disabled = !this.#text.value.trim() || this.#isTooLong();
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }

  #isTooLong() {
    return [...this.#text.value].length > this.options.maxLength;
  }
}
