// Keeps the conversation scrolled to its end while it grows, unless somebody has scrolled up to read. A conversation
// that has not begun is shown from its beginning.

const NEAR_PX = 80;
const MARGIN_PX = 40;

export class ScrollPosition {
  #isAtEnd = true;
  #isEmpty = true;
  #top = 0;
  /** Where `reveal` has scrolled to: that place is not the end, however near the end is. @type {number | null} */
  #revealed = null;

  /** @param {HTMLElement} scroller @param {HTMLButtonElement} toEnd */
  constructor(scroller, toEnd) {
    this.scroller = scroller;
    this.toEnd = toEnd;
    scroller.addEventListener('scroll', () => this.#look(), { passive: true });
    toEnd.addEventListener('click', () => this.jump());
    const observer = new ResizeObserver(() => this.keep());
    for (const element of [scroller, ...scroller.children]) observer.observe(element);
  }

  /** Whether the conversation has no messages yet. @param {boolean} isEmpty */
  set isEmpty(isEmpty) {
    if (isEmpty && !this.#isEmpty) this.scroller.scrollTop = 0;
    if (!isEmpty && this.#isEmpty) this.#isAtEnd = true;
    this.#isEmpty = isEmpty;
  }

  /** Call this after something has grown. */
  keep() {
    if (this.#isAtEnd && !this.#isEmpty) this.scroller.scrollTop = this.scroller.scrollHeight;
    else this.#look();
  }

  /** Shows something new from its beginning if it is too tall to be seen completely. @param {HTMLElement} element */
  reveal(element) {
    if (element.offsetHeight < this.scroller.clientHeight - MARGIN_PX) return this.keep();
    this.#isAtEnd = false;
    element.scrollIntoView({ block: 'start' });
    this.#revealed = this.scroller.scrollTop;
    return this.#look();
  }

  jump() {
    this.#isAtEnd = true;
    this.#revealed = null;
    this.keep();
    this.#look();
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    if (scrollTop !== this.#revealed) this.#revealed = null;
    const isNear = this.#revealed === null && scrollHeight - scrollTop - clientHeight < NEAR_PX;
    // Growth below does not count as scrolling away; only scrolling up leaves the end.
    this.#isAtEnd = isNear || (this.#isAtEnd && scrollTop >= this.#top);
    this.#top = scrollTop;
    this.toEnd.hidden = this.#isAtEnd || this.#isEmpty;
  }
}
