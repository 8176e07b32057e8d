// The conversation stays at its end as it grows, unless somebody has scrolled up to read. One that has not begun has no
// end to stay at: it is read from its beginning.

const NEAR_PX = 80;
const MARGIN_PX = 40;

export class ScrollPosition {
  #isAtEnd = true;
  #isEmpty = true;
  #top = 0;

  /** @param {HTMLElement} scroller @param {HTMLButtonElement} toEnd */
  constructor(scroller, toEnd) {
    this.scroller = scroller;
    this.toEnd = toEnd;
    scroller.addEventListener('scroll', () => this.#look(), { passive: true });
    toEnd.addEventListener('click', () => this.jump());
    const observer = new ResizeObserver(() => this.keep());
    for (const element of [scroller, ...scroller.children]) observer.observe(element);
  }

  /** Whether nothing has been said yet. @param {boolean} isEmpty */
  set isEmpty(isEmpty) {
    if (isEmpty && !this.#isEmpty) this.scroller.scrollTop = 0;
    if (!isEmpty && this.#isEmpty) this.#isAtEnd = true;
    this.#isEmpty = isEmpty;
  }

  /** After something has grown. */
  keep() {
    if (this.#isAtEnd && !this.#isEmpty) this.scroller.scrollTop = this.scroller.scrollHeight;
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
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    // What grows below nobody has scrolled away from: only going up leaves the end.
    this.#isAtEnd = isNear || (this.#isAtEnd && scrollTop >= this.#top);
    this.#top = scrollTop;
    this.toEnd.hidden = this.#isAtEnd || this.#isEmpty;
  }
}
