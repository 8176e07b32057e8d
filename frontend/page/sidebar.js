// The list of this browser's conversations.

import { byId, el, iconButton, setAttribute } from './dom.js';
import { timeAgo } from './times.js';

/** @typedef {{ id: string, title: string, at: number, isBusy: boolean, signatures: number }} ListedSession */

/**
 * @typedef {object} SidebarActions
 * @property {() => void} onNew
 * @property {(id: string) => void} onOpen
 * @property {(id: string, title: string) => void} onRename
 * @property {(id: string) => void} onDelete
 */

export class Sidebar {
  #list = byId('session-list', HTMLElement);
  #search = byId('session-search', HTMLInputElement);
  #sidebar = byId('sidebar', HTMLElement);
  #main = byId('main', HTMLElement);
  #menu = byId('open-sidebar', HTMLButtonElement);
  /** @type {ListedSession[]} */
  #sessions = [];
  #current = '';
  #renaming = '';

  /** @param {SidebarActions} actions */
  constructor(actions) {
    this.actions = actions;
    byId('new-session', HTMLButtonElement).addEventListener('click', () => this.#leave(actions.onNew));
    byId('backdrop', HTMLElement).addEventListener('click', () => this.#setOpen(false));
    byId('close-sidebar', HTMLButtonElement).addEventListener('click', () => this.#setOpen(false));
    this.#menu.addEventListener('click', () => this.#setOpen(true));
    this.#search.addEventListener('input', () => this.#render());
    this.#sidebar.addEventListener('keydown', (event) => event.key === 'Escape' && this.#setOpen(false));
  }

  /** @param {ListedSession[]} sessions @param {string} current */
  show(sessions, current) {
    this.#sessions = sessions;
    this.#current = current;
    if (!this.#renaming) this.#render();
  }

  #render() {
    const wanted = this.#search.value.trim().toLowerCase();
    const found = this.#sessions.filter(({ title }) => title.toLowerCase().includes(wanted));
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.['focus'];
    const empty = wanted ? 'Nothing found' : 'Your conversations appear here';
    this.#list.replaceChildren(
      ...(found.length ? found.map((session) => this.#element(session)) : [el('li', { class: 'session-empty' }, empty)]),
    );
    if (focused) /** @type {HTMLElement | null} */ (this.#list.querySelector(`[data-focus="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @param {ListedSession} session */
  #element({ id, title, at, isBusy, signatures }) {
    if (id === this.#renaming) return el('li', { class: 'session' }, this.#renameField(id, title));
    const open = el(
      'button',
      {
        type: 'button',
        class: 'session-open',
        'aria-current': id === this.#current ? 'true' : null,
        data: { focus: `open-${id}` },
        on: { click: () => this.#leave(() => this.actions.onOpen(id)) },
      },
      el('span', { class: 'session-title', dir: 'auto' }, title),
      el('span', { class: 'session-time', data: { busy: isBusy ? '' : null, sign: signatures ? '' : null } }, signatures ? 'sign' : isBusy ? 'working' : timeAgo(at)),
    );
    const rename = iconButton('pencil', `Rename ${title}`, () => this.#rename(id), { data: { focus: `rename-${id}` } });
    const remove = iconButton('trash', `Delete ${title}`, () => this.#confirmDelete(id, title), { data: { focus: `delete-${id}` } });
    return el('li', { class: 'session', data: { session: id } }, open, el('span', { class: 'session-actions' }, rename, remove));
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
    const field = el('input', { class: 'session-rename', value: title, maxlength: 80, 'aria-label': 'Title' });
    const end = (/** @type {boolean} */ isKept) => {
      if (this.#renaming !== id) return;
      this.#renaming = '';
      const wanted = field.value.trim();
      if (isKept && wanted && wanted !== title) this.actions.onRename(id, wanted);
      this.#render();
    };
    field.addEventListener('blur', () => end(true));
    field.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter') end(true);
      if (event.key === 'Escape') end(false);
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

  /** As a drawer, on narrow screens. @param {boolean} isOpen */
  #setOpen(isOpen) {
    const wasOpen = document.body.dataset.sidebar === 'open';
    if (isOpen) document.body.dataset.sidebar = 'open';
    else delete document.body.dataset.sidebar;
    setAttribute(this.#main, 'inert', isOpen);
    setAttribute(this.#menu, 'aria-expanded', String(isOpen));
    if (isOpen) byId('new-session', HTMLButtonElement).focus();
    else if (wasOpen) this.#menu.focus();
  }
}
