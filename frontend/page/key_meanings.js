// Decides which part of the page handles a key. An input method gets every key while it composes. Escape is handled by
// the innermost element that uses it, and only an unused Escape may stop the run.

/** `keyCode` 229 is Safari's only sign for the key that ends a composition. */
const COMPOSING_KEY_CODE = 229;
const OPEN = 'dialog[open], .menu:not([hidden]), [popover]:popover-open, body[data-sidebar="open"]';
const CONVERSATION = '#conversation, .composer-area';
const FIELD = 'input, select, textarea:not(#composer-text), [contenteditable]';

/** @param {KeyboardEvent} event */
export function isComposing(event) {
  return event.isComposing || event.keyCode === COMPOSING_KEY_CODE || event.key === 'Process';
}

/** Whether this is Escape alone, newly pressed, and not an input method's. @param {KeyboardEvent} event */
export function isEscape(event) {
  return event.key === 'Escape' && !isComposing(event) && !event.repeat && !hasModifier(event) && !event.shiftKey;
}

/** Closes what is open on Escape, wherever the focus is. @param {() => boolean} isOpen @param {() => void} close */
export function closeByEscape(isOpen, close) {
  document.addEventListener('keydown', (event) => {
    if (!isOpen() || !isEscape(event)) return;
    event.preventDefault();
    close();
  });
}

/** Whether this Escape may stop the run: it was pressed in the conversation or on no particular element. @param {KeyboardEvent} event */
export function stopsRun(event) {
  if (!isEscape(event) || event.defaultPrevented || document.querySelector(OPEN)) return false;
  const place = event.target instanceof Element ? event.target : document.body;
  if (place === document.body || place === document.documentElement) return true;
  return place.closest(CONVERSATION) !== null && !place.matches(FIELD);
}

/**
 * What Enter does in the message box. On a touch screen the key makes a line break, because there is no Shift to hold.
 * @param {KeyboardEvent} event
 * @param {boolean} isTouch
 * @returns {'send' | 'line' | null} null: it is not Enter, or an input method's
 */
export function enterIn(event, isTouch) {
  if (event.key !== 'Enter' || isComposing(event)) return null;
  if (event.ctrlKey || event.metaKey) return 'send';
  return event.shiftKey || event.altKey || isTouch ? 'line' : 'send';
}

/** @param {KeyboardEvent} event */
function hasModifier({ ctrlKey, metaKey, altKey }) {
  return ctrlKey || metaKey || altKey;
}
