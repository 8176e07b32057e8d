import { el, icon } from './dom.js';

const SHOWN_MS = 6_000;

export class Toasts {
  /** @param {HTMLElement} region */
  constructor(region) {
    this.region = region;
  }

  /** @param {string} text @param {'info' | 'error'} [tone] */
  show(text, tone = 'info') {
    const toast = el('div', { class: 'toast', data: { tone } }, icon(tone === 'error' ? 'warning' : 'info'), el('span', {}, text));
    if ([...this.region.children].some((other) => other.textContent === text)) return;
    this.region.append(toast);
    setTimeout(() => toast.remove(), SHOWN_MS);
  }

  /** @param {() => Promise<void>} action @param {string} otherwise what is said, with the reason, if it fails */
  async unlessDone(action, otherwise) {
    try {
      await action();
    } catch (error) {
      this.show(`${otherwise}: ${/** @type {Error} */ (error).message}`, 'error');
    }
  }
}
