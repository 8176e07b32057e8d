// The conversation stays at its end as it grows, unless somebody has scrolled up to read.

const NEAR_PX = 80;

export class ScrollPosition {
  #isAtEnd = true;

  /** @param {HTMLElement} scroller @param {HTMLButtonElement} toEnd */
  constructor(scroller, toEnd) {
    this.scroller = scroller;
    this.toEnd = toEnd;
    scroller.addEventListener('scroll', () => this.#look(), { passive: true });
    toEnd.addEventListener('click', () => this.jump());
    new ResizeObserver(() => this.keep()).observe(scroller);
  }

  /** After something has grown. */
  keep() {
    if (this.#isAtEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
    else this.#look();
  }

  jump() {
    this.#isAtEnd = true;
    this.keep();
    this.#look();
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.toEnd.hidden = this.#isAtEnd;
  }
}
