// External links. Links to known hosts are plain links. Any other link shows its target and asks first, in a dialog
// that has the real link, so that no key or button bypasses the question.

import { el, setAttribute } from './dom.js';
import { withVisibleControls } from './tool_words.js';

/** Hosts that this deployment itself names: its own, and those of the networks' explorers. @type {Set<string>} */
const known = new Set();

/** @param {string[]} urls */
export function setKnownHosts(urls) {
  known.clear();
  for (const url of [globalThis.location?.href, ...urls]) {
    const host = url && hostOf(url);
    if (host) known.add(host);
  }
  for (const link of document.querySelectorAll('a.link')) setUp(/** @type {HTMLAnchorElement} */ (link));
}

/** The address as a browser will open it: without a user name before `@`, and with foreign letters as `xn--`. @param {string} href */
function hostOf(href) {
  try {
    return new URL(href).host;
  } catch {
    return '';
  }
}

/** The host, if the link's words do not begin with it as an address. @param {string} href @param {string} words */
export function hostBeside(href, words) {
  const host = hostOf(href);
  const begin = words.trim().toLowerCase();
  const isSaid = ['https://', 'http://'].some((scheme) => begin === scheme + host || begin.startsWith(`${scheme}${host}/`));
  return isSaid ? '' : host;
}

/** @param {string} href an http(s) address @param {Node[]} children */
export function linkNodes(href, children) {
  const link = el('a', { class: 'link', data: { href } }, ...children);
  setUp(link);
  const host = hostBeside(href, link.textContent ?? '');
  return el('span', {}, link, host && el('span', { class: 'link-host', dir: 'ltr' }, ` (${host})`));
}

/** @param {HTMLAnchorElement} link */
function setUp(link) {
  const href = link.dataset.href ?? '';
  const isKnown = known.has(hostOf(href));
  const away = { href, target: '_blank', rel: 'noopener noreferrer nofollow', role: null, tabindex: null, 'aria-haspopup': null };
  const asked = { href: null, target: null, rel: null, role: 'link', tabindex: 0, 'aria-haspopup': 'dialog' };
  for (const [name, value] of Object.entries(isKnown ? away : asked)) setAttribute(link, name, value);
}

/** Asks before it opens a link that has no address of its own. */
export function watchLinks() {
  const asked = (/** @type {Event} */ event) => {
    const link = event.target instanceof Element ? event.target.closest('a.link:not([href])') : null;
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    ask(link.dataset.href ?? '');
  };
  document.addEventListener('click', asked);
  document.addEventListener('keydown', (event) => event.key === 'Enter' && asked(event));
}

/** @param {string} href */
function ask(href) {
  const host = hostOf(href);
  const dialog = el('dialog', { id: 'leaving', 'aria-labelledby': 'leaving-heading', 'aria-describedby': 'leaving-words' });
  const close = () => dialog.close();
  const go = el('a', { class: 'button primary', href, target: '_blank', rel: 'noopener noreferrer nofollow', on: { click: close, auxclick: close } }, `Open ${host}`);
  const stay = el('button', { type: 'button', class: 'button', autofocus: true, on: { click: close } }, 'Stay here');
  dialog.append(
    el('h2', { id: 'leaving-heading' }, `This link leads to ${host}`),
    el('p', { id: 'leaving-words' }, 'It is no address that this application knows. An answer can hold texts of strangers: give nobody your seed phrase, and sign nothing that you did not ask for.'),
    el('p', { class: 'link-address', dir: 'ltr' }, withVisibleControls(new URL(href).href)),
    el('div', { class: 'dialog-buttons' }, stay, go),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
