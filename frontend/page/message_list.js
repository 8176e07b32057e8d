// The conversation on screen. An unchanged item is not touched; the older part of a long conversation is built only
// when somebody scrolls up to it.

import { el } from './dom.js';
import { itemsOf } from './conversation_items.js';
import { messageView } from './message_view.js';
import { ToolCard } from './tool_card.js';

/** @import { ChatState } from '../client/snapshot.js' */
/** @import { Item } from './conversation_items.js' */

const BUILT_AT_ONCE = 80;
const LOAD_AGAIN_MS = 3_000;

/** @typedef {{ element: HTMLElement, item: Item, isActive: boolean, show: (item: Item, isActive: boolean) => void }} Shown */

export class MessageList {
  /** @type {Map<string, Shown>} */
  #shown = new Map();
  /** @type {Item[]} */
  #items = [];
  #sessionId = '';
  #generation = 0;
  /** Items before this one are not built. */
  #first = 0;
  /** Whether all of this conversation was requested, so that messages which still arrive are built too. */
  #isWhole = false;
  /** Whether the server has messages before the first one here. */
  #hasOlder = false;
  /** The first item at the last update: items that have come before it since are not built at once. */
  #firstKey = '';
  #isFresh = true;

  /** @param {HTMLElement} list @param {{ onGrow: () => void, loadOlder: () => Promise<boolean>, scroller: HTMLElement }} options */
  constructor(list, { onGrow, loadOlder, scroller }) {
    this.list = list;
    this.onGrow = onGrow;
    this.loadOlder = loadOlder;
    this.scroller = scroller;
    this.older = el('li', { class: 'older' });
    this.observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.#showOlder(), {
      root: scroller,
      rootMargin: '600px 0px 0px',
    });
    this.#watch();
  }

  /** Report again whether the place of older messages is near: an observer reports changes only, and somebody may stay at the top. */
  #watch() {
    this.observer.unobserve(this.older);
    this.observer.observe(this.older);
  }

  /** @param {ChatState} state */
  render(state) {
    const generation = state.hot?.generation ?? 0;
    if (state.sessionId !== this.#sessionId || generation !== this.#generation) this.#clear(state.sessionId, generation);
    this.#items = itemsOf(state.messages, state.approvals);
    this.#hasOlder = state.hasOlder;
    const cameBefore = this.#keepPlace();
    if (this.#isFresh) this.#first = Math.max(0, this.#items.length - BUILT_AT_ONCE);
    this.#first = this.#isWhole ? 0 : Math.min(this.#first, this.#items.length);
    this.#sync(state);
    if (cameBefore) this.#buildOlder();
    this.#isFresh = this.#isFresh && (this.#items.length === 0 || !state.isCaughtUp);
  }

  /** Items that came before the first one are built gradually, like other older ones. @returns {boolean} whether some came */
  #keepPlace() {
    const before = this.#items.findIndex(({ key }) => key === this.#firstKey);
    this.#firstKey = this.#items[0]?.key ?? '';
    if (before <= 0 || this.#isFresh) return false;
    this.#first += before;
    return true;
  }

  /** @param {string} sessionId @param {number} generation */
  #clear(sessionId, generation) {
    this.#sessionId = sessionId;
    this.#generation = generation;
    this.#isFresh = true;
    this.#isWhole = false;
    this.#shown.clear();
    this.list.replaceChildren();
  }

  /** @param {ChatState} state */
  #sync(state) {
    const current = this.#items.slice(this.#first);
    const keys = new Set(current.map((item) => item.key));
    for (const [key, { element }] of this.#shown) {
      if (keys.has(key)) continue;
      element.remove();
      this.#shown.delete(key);
    }
    let next = this.#placeOlder();
    for (const item of current) {
      const { element } = this.#update(item, state.activeRun?.run_id);
      if (element === next) next = element.nextElementSibling;
      else this.list.insertBefore(element, next);
    }
  }

  #placeOlder() {
    const isAll = this.#first === 0 && !this.#hasOlder;
    if (isAll) this.older.remove();
    else if (this.list.firstElementChild !== this.older) this.list.prepend(this.older);
    return isAll ? this.list.firstElementChild : this.older.nextElementSibling;
  }

  /** @param {Item} item @param {string | undefined} activeRun */
  #update(item, activeRun) {
    const isActive = item.type === 'tool' && !item.result && isOf(item, activeRun);
    const known = this.#shown.get(item.key);
    if (known && isSame(known.item, item) && known.isActive === isActive) return known;
    const shown = known ?? this.#build(item);
    shown.show(item, isActive);
    Object.assign(shown, { item, isActive });
    this.#shown.set(item.key, shown);
    return shown;
  }

  /** @param {Item} item @returns {Shown} */
  #build(item) {
    const wasThere = this.#isFresh;
    if (item.type === 'tool') {
      const card = new ToolCard((item.call ?? item.result)?.seq ?? 0);
      const show = (/** @type {Item} */ now, /** @type {boolean} */ isActive) =>
        now.type === 'tool' && card.update(now.call, now.result, isActive, now.request);
      return { element: card.element, item, isActive: false, show };
    }
    const view = messageView(item.message, this.onGrow);
    let isFirst = true;
    const show = (/** @type {Item} */ now) => {
      if (now.type === 'message') view.update(now.message, wasThere && isFirst);
      isFirst = false;
    };
    return { element: view.element, item, isActive: false, show };
  }

  /** Builds the whole conversation, which printing and searching need. */
  buildAll() {
    this.#isWhole = true;
    while (this.#first > 0) this.#buildOlder();
  }

  #showOlder() {
    if (this.#first === 0 && this.#hasOlder) void this.#load();
    else this.#buildOlder();
  }

  async #load() {
    if (!(await this.loadOlder())) setTimeout(() => this.#watch(), LOAD_AGAIN_MS);
  }

  #buildOlder() {
    if (this.#first === 0) return;
    const end = this.#first;
    this.#first = Math.max(0, end - BUILT_AT_ONCE);
    const { scrollHeight, scrollTop } = this.scroller;
    const wasFresh = this.#isFresh;
    this.#isFresh = true;
    const elements = this.#items.slice(this.#first, end).map((item) => this.#update(item, undefined).element);
    this.#isFresh = wasFresh;
    this.older.after(...elements);
    this.#placeOlder();
    this.scroller.scrollTop = scrollTop + this.scroller.scrollHeight - scrollHeight;
    this.#watch();
  }
}

/** @param {Item} item @param {string | undefined} run */
function isOf(item, run) {
  return run !== undefined && item.type === 'tool' && (item.call?.run_id ?? run) === run;
}

/** @param {Item} a @param {Item} b */
function isSame(a, b) {
  if (a.type === 'tool') return b.type === 'tool' && a.call === b.call && a.result === b.result && a.request === b.request;
  return b.type === 'message' && a.message === b.message;
}
