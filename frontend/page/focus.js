// Keeps the focus from falling to the body: if the focused element is removed, hidden or disabled, the nearest
// remaining one gets the focus. One watcher serves the whole page, so no action has to handle this.

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
const HIDING = ['hidden', 'disabled', 'inert', 'open', 'data-folded', 'data-sidebar'];

/** What is further away than this is not near: the message box is a better place. Of two wallet requests the other one is
 * not near either: nobody shall approve it by pressing a key twice. */
const REGION = 'main, aside, #conversation > .column, #approvals';

/** The place of the focus: the element, the elements around it, innermost first, and its position among its neighbours. */
/** @typedef {{ element: Element, key: string | undefined, around: { element: Element, at: number }[] }} Place */

export class FocusKeeper {
  /** @type {Place | null} */
  #place = null;

  /** @param {() => HTMLElement} fallback what takes the focus when nothing near can */
  constructor(fallback) {
    this.fallback = fallback;
    document.addEventListener('focusin', () => this.#note());
    document.addEventListener('focusout', (event) => this.#left(event));
    const observer = new MutationObserver((records) => this.#look(records));
    observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: HIDING });
  }

  #note() {
    const element = document.activeElement;
    if (!element || element === document.body) return;
    this.#place = { element, key: keyOf(element), around: placesOf(element) };
  }

  /** A click beside everything removes the focus on purpose; an element that is removed loses it without the person's wish. @param {FocusEvent} event */
  #left(event) {
    const element = /** @type {Element} */ (event.target);
    queueMicrotask(() => {
      const isGone = !element.isConnected || !canTake(element);
      if (!isGone && document.activeElement === document.body && this.#place?.element === element) this.#place = null;
    });
  }

  /** @param {MutationRecord[]} records */
  #look(records) {
    const place = this.#place;
    if (!place) return;
    const active = document.activeElement;
    if (active && active !== document.body && active !== place.element) return;
    const isTouched = !place.element.isConnected || records.some(({ type }) => type === 'attributes');
    if (!isTouched || (place.element.isConnected && canTake(place.element))) return;
    this.#hand(place);
  }

  /** @param {Place} place */
  #hand({ key, around }) {
    this.#place = null;
    for (const { element, at } of around) {
      if (!element.isConnected || !element.checkVisibility()) continue;
      const heir = heirIn(element, key, at);
      if (heir) return heir.focus();
    }
    return this.fallback().focus();
  }
}

/** @param {Element} element @returns {Place['around']} */
function placesOf(element) {
  const around = [];
  for (let parent = element.parentElement; parent && parent !== document.body; parent = parent.parentElement) {
    if (parent.matches(REGION)) break;
    around.push({ element: parent, at: focusableIn(parent).indexOf(/** @type {HTMLElement} */ (element)) });
    if (parent.matches('dialog')) break;
  }
  return around;
}

/** The same element built again or that of the next item, else whatever is there now. @param {Element} element @param {string | undefined} key @param {number} at */
function heirIn(element, key, at) {
  const able = focusableIn(element).filter(canTake);
  const alike = able.filter((one) => key !== undefined && keyOf(one) === key);
  const distance = (/** @type {HTMLElement} */ one) => Math.abs(able.indexOf(one) - at);
  return alike.sort((a, b) => distance(a) - distance(b))[0] ?? able[Math.min(at, able.length - 1)];
}

/** @param {Element} element @returns {HTMLElement[]} */
function focusableIn(element) {
  return [...element.querySelectorAll(FOCUSABLE)].filter((one) => one instanceof HTMLElement);
}

/** @param {Element} element */
function canTake(element) {
  return element.checkVisibility({ visibilityProperty: true }) && !element.matches(':disabled') && element.closest('[inert]') === null;
}

/** @param {Element} element */
function keyOf(element) {
  if (!(element instanceof HTMLElement)) return undefined;
  return element.dataset.focus || element.id || element.getAttribute('aria-label') || element.textContent || undefined;
}
