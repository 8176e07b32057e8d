// The box in which messages are written. It never loses a text: drafts are kept for each conversation, and a text that
// is too long stays until it has been shortened.

import { counted } from './amounts.js';
import { byteLength } from '../client/chat_config.js';
import { byId } from './dom.js';
import { enterIn, isComposing } from './key_meanings.js';
import { watchCommands } from './markdown/commands.js';

/** @import { ChatState } from '../client/snapshot.js' */
/** @import { Drafts } from './drafts.js' */

const COUNT_FROM = 0.8;
const touch = matchMedia('(pointer: coarse)');

/**
 * @typedef {object} ComposerOptions
 * @property {number} maxBytes the server's limit, in UTF-8
 * @property {Drafts} drafts
 * @property {(text: string) => void} onSend
 * @property {() => void} onStop
 */

export class Composer {
  #text = byId('composer-text', HTMLTextAreaElement);
  #send = byId('send', HTMLButtonElement);
  #stop = byId('stop', HTMLButtonElement);
  #count = byId('composer-count', HTMLElement);
  #problem = byId('composer-problem', HTMLElement);
  #sessionId = '';
  #lastSent = '';

  /** @param {ComposerOptions} options */
  constructor(options) {
    this.options = options;
    byId('composer', HTMLFormElement).addEventListener('submit', (event) => this.#submit(event));
    this.#text.addEventListener('keydown', (event) => this.#key(event));
    this.#text.addEventListener('input', () => this.#changed());
    this.#stop.addEventListener('click', () => options.onStop());
    watchCommands((text) => this.suggest(text));
    touch.addEventListener('change', () => this.#nameEnterKey());
    new ResizeObserver(() => requestAnimationFrame(() => this.#fit())).observe(this.#text);
    this.#nameEnterKey();
    this.#changed();
  }

  /** @param {ChatState} state */
  render(state) {
    this.turnTo(state.sessionId);
    this.#lastSent = state.messages.filter((message) => message.sender === 'user').at(-1)?.content ?? this.#lastSent;
    const { isProcessing, isStoppable } = state;
    if (this.#stop.hidden === isStoppable) {
      if (!isStoppable && document.activeElement === this.#stop) this.focus();
      this.#stop.hidden = !isStoppable;
    }
    this.#text.placeholder = isProcessing ? 'The next message waits its turn' : 'Ask the agent…';
  }

  focus() {
    this.#text.focus();
  }

  get text() {
    return this.#text.value;
  }

  /** Insert a text before what is being written already. @param {string} text */
  suggest(text) {
    const written = this.#text.value;
    this.#text.value = written.trim() && written !== text ? `${text}\n\n${written}` : text;
    this.#text.setSelectionRange(text.length, text.length);
    this.#changed();
    this.focus();
  }

  clear() {
    this.#text.value = '';
    this.#changed();
  }

  /** Switch to another conversation and its draft. @param {string} sessionId */
  turnTo(sessionId) {
    if (sessionId === this.#sessionId) return;
    const typedBefore = this.#sessionId ? '' : this.#text.value;
    this.#sessionId = sessionId;
    this.#text.value = typedBefore || this.options.drafts.of(sessionId);
    this.#lastSent = '';
    this.#changed();
  }

  #nameEnterKey() {
    this.#text.enterKeyHint = touch.matches ? 'enter' : 'send';
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    if (!text) return;
    if (this.#excess() > 0) {
      this.#problem.textContent = '';
      this.#changed();
      return;
    }
    this.#lastSent = text;
    this.clear();
    this.options.onSend(text);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (enterIn(event, touch.matches) === 'send') {
      event.preventDefault();
      this.#text.form?.requestSubmit();
    } else if (event.key === 'ArrowUp' && !isComposing(event) && !this.#text.value && this.#lastSent) {
      event.preventDefault();
      this.suggest(this.#lastSent);
    }
  }

  #changed() {
    const text = this.#text.value;
    const { maxBytes } = this.options;
    const bytes = byteLength(text.trim());
    const isTooLong = bytes > maxBytes;
    this.#count.hidden = bytes < maxBytes * COUNT_FROM;
    this.#count.textContent = `${bytes.toLocaleString('en')} / ${maxBytes.toLocaleString('en')} bytes`;
    this.#sayProblem(isTooLong ? this.#tooLong(bytes) : '');
    this.#text.setAttribute('aria-invalid', String(isTooLong));
    this.#send.disabled = !text.trim() || isTooLong;
    this.#fit();
    if (this.#sessionId) this.options.drafts.keep(this.#sessionId, text);
  }

  /** The box is as high as its text, which wraps otherwise after its width has changed. */
  #fit() {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }

  #excess() {
    return byteLength(this.#text.value.trim()) - this.options.maxBytes;
  }

  /** @param {number} bytes */
  #tooLong(bytes) {
    const { maxBytes } = this.options;
    const by = counted(bytes - maxBytes, 'byte');
    return `Not sent: too long by ${by}. One message may have ${maxBytes.toLocaleString('en')}; shorten it or send it in parts.`;
  }

  /** @param {string} text */
  #sayProblem(text) {
    if (this.#problem.textContent !== text) this.#problem.textContent = text;
    this.#problem.hidden = !text;
  }
}
