// Text arrives in lumps; it is shown as a steady flow that is never more than a moment behind.

import { GrowingMarkdown } from './markdown/growing.js';

const CATCH_UP_MS = 250;
/** A frame that comes late shows no more than this much time's worth: text that jumps is hard to read. */
const LONGEST_STEP_MS = 50;
const SLOWEST_PER_SECOND = 120;
const LONGEST_FLOW = 4_000;

const calm = matchMedia('(prefers-reduced-motion: reduce)');

export class GrowingText {
  #target = '';
  #shown = 0;
  #frame = 0;
  #before = 0;
  /** Showing more may take no larger part of the time than this leaves. */
  #notBefore = 0;

  /** @param {HTMLElement} container @param {() => void} onGrow */
  constructor(container, onGrow) {
    this.container = container;
    this.onGrow = onGrow;
    this.markdown = new GrowingMarkdown(container);
  }

  /** @param {string} text the whole text so far @param {boolean} flows whether new text may be shown little by little */
  show(text, flows) {
    if (text === this.#target) return;
    if (!text.startsWith(this.#target.slice(0, this.#shown))) this.#shown = 0;
    this.#target = text;
    const backlog = text.length - this.#shown;
    if (!flows || calm.matches || document.hidden || backlog > LONGEST_FLOW) this.#showUntil(text.length);
    else if (!this.#frame) this.#start();
  }

  #start() {
    this.#before = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#flow(now));
  }

  /** @param {number} now */
  #flow(now) {
    this.#frame = 0;
    const backlog = this.#target.length - this.#shown;
    if (backlog <= 0) return;
    const elapsed = Math.min(LONGEST_STEP_MS, Math.max(1, now - this.#before));
    const perSecond = Math.max(SLOWEST_PER_SECOND, (backlog * 1000) / CATCH_UP_MS);
    const more = Math.floor((perSecond * elapsed) / 1000);
    if (more > 0 && now >= this.#notBefore) {
      this.#before = now;
      this.#showUntil(Math.min(this.#target.length, this.#shown + more));
    }
    if (this.#shown < this.#target.length) this.#frame = requestAnimationFrame((later) => this.#flow(later));
  }

  /** @param {number} end in UTF-16 units; never between the halves of a character */
  #showUntil(end) {
    const half = this.#target.charCodeAt(end - 1);
    this.#shown = half >= 0xd800 && half < 0xdc00 && end < this.#target.length ? end + 1 : end;
    const begin = performance.now();
    this.markdown.show(this.#target.slice(0, this.#shown));
    this.#notBefore = begin + 4 * (performance.now() - begin);
    this.onGrow();
  }
}
