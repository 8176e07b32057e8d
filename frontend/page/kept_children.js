// The children of a list, of which only those that differ are built anew: a press on a button that is replaced between
// going down and going up would be lost, and a screen reader would read all of a list again.

/** `form`: all that the element shows; an item that has the same form as before keeps its element. @typedef {{ key: string, form: unknown, build: () => HTMLElement }} Item */

export class KeptChildren {
  /** @type {Map<string, { form: string, element: HTMLElement }>} */
  #shown = new Map();

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.parent = parent;
  }

  /** @param {Item[]} items with different keys */
  show(items) {
    const before = this.#shown;
    this.#shown = new Map();
    for (const { key, form: shown, build } of items) {
      const form = JSON.stringify(shown);
      const known = before.get(key);
      this.#shown.set(key, known?.form === form ? known : { form, element: build() });
    }
    this.#arrange([...this.#shown.values()].map(({ element }) => element));
  }

  /** An element that keeps its place is not touched; one that is moved loses the focus, and gets it back. @param {HTMLElement[]} elements */
  #arrange(elements) {
    const focused = document.activeElement;
    const wanted = new Set(elements);
    for (const child of [...this.parent.children]) if (!wanted.has(/** @type {HTMLElement} */ (child))) child.remove();
    let next = this.parent.firstElementChild;
    for (const element of elements) {
      if (element === next) next = next.nextElementSibling;
      else this.parent.insertBefore(element, next);
    }
    if (focused !== document.activeElement && this.parent.contains(focused)) /** @type {HTMLElement} */ (focused).focus({ preventScroll: true });
  }
}
