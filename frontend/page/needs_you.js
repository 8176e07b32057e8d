// Shows outside the conversation that a signature is needed: in the tab's title and on its icon.

import { byId } from './dom.js';

export class NeedsYou {
  #icon = document.querySelector('link[rel="icon"]');
  /** The icon's own address contains the page's version, so the browser keeps that file. */
  #address = this.#icon?.getAttribute('href') ?? '';
  #before = -1;

  /** `here` and `elsewhere`: how many requests wait in this conversation and in the others. @param {string | null | undefined} title @param {number} here @param {number} elsewhere */
  render(title, here, elsewhere) {
    const count = here + elsewhere;
    const name = title ? `${title} · forge` : 'forge';
    const words = here ? 'Sign: ' : elsewhere ? 'Sign in another conversation: ' : '';
    document.title = count ? `(${count}) ${words}${name}` : name;
    byId('title', HTMLElement).textContent = title ?? 'New conversation';
    if (count === this.#before) return;
    this.#before = count;
    this.#icon?.setAttribute('href', count ? `${this.#address}#needs-you` : this.#address);
  }
}
