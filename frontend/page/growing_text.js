// Text arrives in pieces and is shown as a steady flow (`text_pace.js`), slightly delayed.

import { TextPace } from './text_pace.js';
import { GrowingMarkdown } from './markdown/growing.js';

const LONGEST_FLOW = 4_000;

const calm = matchMedia('(prefers-reduced-motion: reduce)');

export class GrowingText {
  #target = '';
  #shown = 0;
  #hasEnded = false;
  #frame = 0;
  #pace = new TextPace();
  /** Rendering may take at most this share of the time. */
  #notBefore = 0;

  /** @param {HTMLElement} container @param {() => void} onGrow */
  constructor(container, onGrow) {
    this.container = container;
    this.onGrow = onGrow;
    this.markdown = new GrowingMarkdown(container);
  }

  /**
   * @param {string} text the whole text so far
   * @param {{ flows: boolean, hasEnded: boolean }} how whether new text may be shown little by little, and whether this is all
   */
  show(text, { flows, hasEnded }) {
    if (text === this.#target && hasEnded === this.#hasEnded) return;
    if (!text.startsWith(this.#target.slice(0, this.#shown))) this.#forget();
    this.#target = text;
    this.#hasEnded = hasEnded;
    if (!flows || calm.matches || document.hidden || text.length - this.#shown > LONGEST_FLOW) this.#jump();
    else this.#grow();
  }

  #forget() {
    this.#shown = 0;
    this.#pace = new TextPace();
  }

  #jump() {
    this.#pace.jump(this.#target.length);
    this.#showUntil(this.#target.length);
  }

  #grow() {
    this.#pace.grow(performance.now(), this.#target.length, this.#hasEnded);
    if (!this.#frame) this.#next();
  }

  #next() {
    this.#frame = requestAnimationFrame((now) => this.#look(now));
  }

  /** @param {number} now */
  #look(now) {
    this.#frame = 0;
    const end = this.#pace.look(now);
    if (end > this.#shown && now >= this.#notBefore) this.#showUntil(end);
    if (!this.#pace.isDone || this.#shown < this.#target.length) this.#next();
  }

  /** @param {number} end in UTF-16 units; never inside a surrogate pair */
  #showUntil(end) {
    const half = this.#target.charCodeAt(end - 1);
    this.#shown = half >= 0xd800 && half < 0xdc00 && end < this.#target.length ? end + 1 : end;
    const begin = performance.now();
    this.markdown.show(this.#target.slice(0, this.#shown));
    this.#notBefore = begin + 4 * (performance.now() - begin);
    this.onGrow();
  }
}
