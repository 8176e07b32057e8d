// Short messages over the page. Each stays long enough to be read, but not while the page is not looked at, and can be
// removed before.

import { el, icon, iconButton } from './dom.js';

const SHOWN_MS = 6_000;
const SHOWN_MS_PER_LETTER = 50;

/** What removes each message later. @type {WeakMap<Element, ReturnType<typeof setTimeout>>} */
const removals = new WeakMap();

export class Toasts {
  /** @param {HTMLElement} region */
  constructor(region) {
    this.region = region;
    document.addEventListener('visibilitychange', () => [...region.children].forEach(removeLater));
  }

  /** A problem, in words. @param {string} text */
  show(text) {
    const toast = el('div', { class: 'toast' }, icon('warning'), el('span', { dir: 'auto' }, text), iconButton('cross', 'Dismiss', () => toast.remove()));
    if ([...this.region.children].some((other) => other.textContent === text)) return;
    this.region.append(toast);
    removeLater(toast);
  }

  /** @param {() => Promise<void>} action @param {string} otherwise what is said, with the reason, if it fails */
  async unlessDone(action, otherwise) {
    try {
      await action();
    } catch (error) {
      this.show(`${otherwise}: ${/** @type {Error} */ (error).message}`);
    }
  }
}

/** The time begins anew whenever the page is looked at again. @param {Element} toast */
function removeLater(toast) {
  clearTimeout(removals.get(toast));
  if (document.hidden) return;
  removals.set(toast, setTimeout(() => toast.remove(), SHOWN_MS + SHOWN_MS_PER_LETTER * (toast.textContent ?? '').length));
}
