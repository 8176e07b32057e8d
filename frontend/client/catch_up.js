// Decides when to send `sync`: soon after something is missing and no longer arrives by itself, and at a limited rate.

import { have, needsSync } from './conversation.js';
import { Elapsed } from './elapsed.js';

/** @import { Conversation } from './conversation.js' */

const LOOK_MS = 200;
const PATIENCE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

export class CatchUp {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #held = '';
  #lacking = new Elapsed();
  #pause = 0;
  #asked = new Elapsed();
  /** Milliseconds after `#asked` before which nothing is asked again. */
  #rest = 0;

  /** @param {{ conversation: () => Conversation, ask: () => void }} options */
  constructor(options) {
    this.options = options;
  }

  /** Check the conversation again, because a frame has come or the link has opened. */
  look() {
    if (!needsSync(this.options.conversation())) {
      this.stop();
    } else if (this.#timer === undefined) {
      this.#lacking = new Elapsed();
      this.#again(LOOK_MS);
    }
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pause = 0;
  }

  /** @param {number} delay */
  #again(delay) {
    this.#held = JSON.stringify(have(this.options.conversation()));
    this.#timer = setTimeout(() => this.#fire(), delay);
  }

  #fire() {
    const conversation = this.options.conversation();
    if (!needsSync(conversation)) return this.stop();
    const isMoving = JSON.stringify(have(conversation)) !== this.#held;
    if (this.#asked.ms < this.#rest || (isMoving && this.#lacking.ms < PATIENCE_MS)) return this.#again(LOOK_MS);
    this.#pause = isMoving ? LOOK_MS : Math.min(LONGEST_PAUSE_MS, Math.max(1_000, this.#pause * 2));
    this.#rest = this.#pause;
    this.#asked = this.#lacking = new Elapsed();
    this.options.ask();
    return this.#again(LOOK_MS);
  }
}
