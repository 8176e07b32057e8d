// The list of this browser's conversations.

import { counted } from './amounts.js';
import { byId, el, iconButton, setAttribute } from './dom.js';
import { KeptChildren } from './kept_children.js';
import { isComposing, isEscape } from './key_meanings.js';
import { fullTime, minutesUntil, timeAgo } from './times.js';

/** @import { Cover } from './visits.js' */

/**
 * Times in epoch milliseconds. `endedAt`: it can only be read; `endsAt`: when it ends unless somebody opens it.
 * @typedef {{ id: string, title: string, at: number, isBusy: boolean, isUnread: boolean, signatures: number, endedAt: number | null, endsAt: number | null }} ListedSession
 */

/** The limit of `forge.models.session`, in characters. */
const TITLE_LIMIT = 80;
const SOON_MINUTES = 5;

/**
 * @typedef {object} SidebarActions
 * @property {() => void} onNew
 * @property {(id: string) => void} onOpen
 * @property {(id: string, title: string) => void} onRename
 * @property {(id: string) => void} onDelete
 * @property {() => number} now the time of the server's clock
 * @property {(text: string) => void} onProblem
 * @property {Cover} over told when the list opens as a drawer
 */

export class Sidebar {
  #list = byId('session-list', HTMLElement);
  #rows = new KeptChildren(this.#list);
  #search = byId('session-search', HTMLInputElement);
  #sidebar = byId('sidebar', HTMLElement);
  #main = byId('main', HTMLElement);
  #foot = byId('kept', HTMLElement);
  #menu = byId('open-sidebar', HTMLButtonElement);
  /** @type {ListedSession[]} */
  #sessions = [];
  #current = '';
  #renaming = '';
  #close = () => this.#setOpen(false);

  /** @param {SidebarActions} actions */
  constructor(actions) {
    this.actions = actions;
    byId('new-session', HTMLButtonElement).addEventListener('click', () => this.#leave(actions.onNew));
    byId('backdrop', HTMLElement).addEventListener('click', this.#close);
    byId('close-sidebar', HTMLButtonElement).addEventListener('click', this.#close);
    this.#menu.addEventListener('click', () => this.#setOpen(true));
    this.#search.addEventListener('input', () => this.#render());
    this.#sidebar.addEventListener('keydown', (event) => this.#key(event));
    setInterval(() => this.show(this.#sessions, this.#current), 30_000);
  }

  /** @param {ListedSession[]} sessions @param {string} current */
  show(sessions, current) {
    this.#sessions = sessions;
    this.#current = current;
    if (!this.#renaming) this.#render();
  }

  /** How long the server keeps a conversation, in milliseconds, once it is known. @param {number | null} lifetime */
  showLifetime(lifetime) {
    const after = lifetime === null ? 'a time without use' : `${Math.max(1, Math.round(lifetime / 60_000))} min without use`;
    this.#foot.textContent = `The server ends a conversation after ${after}; a copy to read stays on this device.`;
  }

  /** Escape clears the search first. @param {KeyboardEvent} event */
  #key(event) {
    if (!isEscape(event) || (event.target === this.#search && this.#search.value)) return;
    this.#setOpen(false);
  }

  #render() {
    const wanted = this.#search.value.trim().toLowerCase();
    const found = this.#sessions.filter(({ title }) => title.toLowerCase().includes(wanted));
    const empty = wanted ? 'Nothing found' : 'Your conversations appear here';
    const nothing = { key: '', form: empty, build: () => el('li', { class: 'session-empty' }, empty) };
    this.#rows.show(found.length ? found.map((session) => this.#row(session)) : [nothing]);
  }

  /** @param {ListedSession} session */
  #row(session) {
    const { id, title } = session;
    const said = this.#state(session);
    return { key: id, form: [title, said, id === this.#current, id === this.#renaming], build: () => this.#element(id, title, said) };
  }

  /** @param {string} id @param {string} title @param {{ words: string, state: string | null, hint: string | null }} said */
  #element(id, title, { words, state, hint }) {
    if (id === this.#renaming) return el('li', { class: 'session' }, this.#renameField(id, title));
    const open = el(
      'button',
      {
        type: 'button',
        class: 'session-open',
        title,
        'aria-current': id === this.#current ? 'true' : null,
        data: { focus: `open-${id}` },
        on: { click: () => this.#leave(() => this.actions.onOpen(id)) },
      },
      el('span', { class: 'session-title', dir: 'auto' }, title),
      el('span', { class: 'session-time', title: hint, data: { state } }, words),
    );
    const rename = iconButton('pencil', `Rename ${title}`, () => this.#rename(id), { data: { focus: `rename-${id}` } });
    const remove = iconButton('trash', `Delete ${title}`, () => this.#confirmDelete(id, title), { data: { focus: `delete-${id}` } });
    return el('li', { class: 'session', data: { session: id } }, open, el('span', { class: 'session-actions' }, rename, remove));
  }

  /** The text at the end of the list's line. @param {ListedSession} session */
  #state({ at, isBusy, isUnread, signatures, endedAt, endsAt }) {
    const minutes = endsAt === null ? Infinity : minutesUntil(endsAt, this.actions.now());
    if (endedAt !== null) return { words: 'ended', state: 'ended', hint: `Ended ${fullTime(new Date(endedAt).toISOString())}; a copy to read` };
    if (signatures) return { words: 'sign', state: 'sign', hint: 'A request waits for your wallet' };
    if (isBusy) return { words: 'working', state: 'busy', hint: null };
    if (minutes <= SOON_MINUTES) return { words: `ends in ${minutes} min`, state: 'ending', hint: 'Open it to keep it' };
    if (isUnread) return { words: 'new', state: 'unread', hint: 'Something new has been said' };
    return { words: timeAgo(at), state: null, hint: null };
  }

  /** @param {string} id */
  #rename(id) {
    this.#renaming = id;
    this.#render();
    const field = this.#list.querySelector('input');
    field?.focus();
    field?.select();
  }

  /** @param {string} id @param {string} title */
  #renameField(id, title) {
    const field = el('input', { class: 'session-rename', value: title, 'aria-label': 'Title' });
    const end = (/** @type {boolean} */ isKept) => {
      if (this.#renaming !== id) return;
      const wanted = field.value.trim();
      const isTooLong = isKept && [...wanted].length > TITLE_LIMIT;
      if (isTooLong) this.actions.onProblem(`The title has ${counted([...wanted].length, 'character')}; at most ${TITLE_LIMIT} are possible.`);
      if (isTooLong && document.activeElement === field) return;
      this.#renaming = '';
      if (isKept && !isTooLong && wanted && wanted !== title) this.actions.onRename(id, wanted);
      this.#render();
    };
    field.addEventListener('blur', () => end(true));
    field.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter' && !isComposing(event)) end(true);
      if (isEscape(event)) end(false);
    });
    return field;
  }

  /** @param {string} id @param {string} title */
  #confirmDelete(id, title) {
    const dialog = byId('confirm-delete', HTMLDialogElement);
    byId('confirm-delete-title', HTMLElement).textContent = title;
    dialog.returnValue = '';
    dialog.addEventListener('close', () => dialog.returnValue === 'delete' && this.actions.onDelete(id), { once: true });
    dialog.showModal();
  }

  /** @param {() => void} action */
  #leave(action) {
    this.#setOpen(false);
    action();
  }

  /** Open or close the list as a drawer, on narrow screens. @param {boolean} isOpen */
  #setOpen(isOpen) {
    const wasOpen = document.body.dataset.sidebar === 'open';
    if (isOpen) document.body.dataset.sidebar = 'open';
    else delete document.body.dataset.sidebar;
    setAttribute(this.#main, 'inert', isOpen);
    setAttribute(this.#menu, 'aria-expanded', String(isOpen));
    if (isOpen === wasOpen) return;
    if (isOpen) {
      this.actions.over.cover(this.#close);
      byId('new-session', HTMLButtonElement).focus();
    } else {
      this.actions.over.uncover(this.#close);
      this.#menu.focus();
    }
  }
}
