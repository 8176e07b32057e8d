// The conversation stays at its end as it grows, unless somebody has scrolled up to read.

const NEAR_PX = 80;
const MARGIN_PX = 40;

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

  /** Something new to be read from its beginning, when it is too tall to be seen whole. @param {HTMLElement} element */
  reveal(element) {
    if (element.offsetHeight < this.scroller.clientHeight - MARGIN_PX) return this.keep();
    this.#isAtEnd = false;
    return element.scrollIntoView({ block: 'start' });
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
