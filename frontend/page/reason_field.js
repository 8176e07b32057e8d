// Why a person rejects a wallet request, if they want to say so: the agent gets it as their words.

import { el } from './dom.js';

/** Characters; the server keeps no more. */
const LONGEST = 500;

export class ReasonField {
  #input = el('input', { type: 'text', maxLength: LONGEST, placeholder: 'The agent reads it', data: { act: 'reason' } });
  element = el('details', { class: 'approval-reason' }, el('summary', {}, 'Reject with a reason'), el('label', {}, el('span', { class: 'visually-hidden' }, 'Your reason, for the agent'), this.#input));
  /** @type {HTMLElement | null} */
  #reject = null;

  constructor() {
    this.element.addEventListener('toggle', () => this.element.open && this.#input.focus());
    this.#input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.isComposing && event.keyCode !== 229) this.#reject?.click();
    });
  }

  /** What stands in the field counts only while it is to be seen. */
  get text() {
    return this.element.open ? this.#input.value.trim() : '';
  }

  /** @param {HTMLElement | null} reject the button that it belongs to, if there is one now */
  update(reject) {
    this.#reject = reject;
    this.element.hidden = !reject;
  }
}
