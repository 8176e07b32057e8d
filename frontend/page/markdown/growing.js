// Markdown that is still being written: only the last two blocks of a growing text are parsed again, and only what
// differs in them is changed.

import { withVisibleTricks } from '../tool_words.js';
import { parseBlocks } from './blocks.js';
import { isAlike, patch } from './patch.js';
import { blockElement } from './elements.js';

/** @import { Block } from './blocks.js' */

export class GrowingMarkdown {
  #text = '';
  /** The position of the first block that may still change. */
  #settled = 0;
  /** @type {Element[]} elements of the blocks from there on */
  #open = [];
  /** @type {Block | undefined} */
  #last;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
  }

  /** @param {string} text the whole text so far */
  show(text) {
    if (text === this.#text) return;
    if (!text.startsWith(this.#text)) this.#reset();
    this.#text = text;
    const blocks = parseBlocks(text.slice(this.#settled));
    if (!this.#extendCode(blocks)) this.#rebuild(blocks);
    this.#last = blocks.at(-1);
  }

  #reset() {
    this.container.replaceChildren();
    this.#settled = 0;
    this.#open = [];
    this.#last = undefined;
  }

  /** @param {Block[]} blocks */
  #rebuild(blocks) {
    const elements = blocks.map((block, at) => this.#element(block, this.#open[at]));
    for (const surplus of this.#open.slice(blocks.length)) surplus.remove();
    this.#open = elements.slice(-2);
    const firstOpen = blocks.at(-2) ?? blocks[0];
    this.#settled += firstOpen?.start ?? 0;
  }

  /** @param {Block} block @param {Element | undefined} shown what stands there now @returns {Element} */
  #element(block, shown) {
    const wanted = blockElement(block);
    if (shown && isAlike(shown, wanted)) {
      patch(shown, wanted);
      return shown;
    }
    if (shown) shown.replaceWith(wanted);
    else this.container.append(wanted);
    return wanted;
  }

  /** A long code block that only grew gets the new text and nothing else. @param {Block[]} blocks */
  #extendCode(blocks) {
    const now = blocks.at(-1);
    const before = this.#last;
    if (blocks.length !== this.#open.length || now?.type !== 'code' || before?.type !== 'code') return false;
    if (now.language !== before.language || !now.text.startsWith(before.text)) return false;
    const code = this.#open.at(-1)?.querySelector('pre > code')?.firstChild;
    if (!(code instanceof Text)) return false;
    code.appendData(withVisibleTricks(now.text.slice(before.text.length)));
    return true;
  }
}
