// Addresses and hashes: short on screen, complete in the text (so that selecting and searching still work), copied by
// one click, and linked to the block explorer of the session's network if it has one.

import { el, icon } from './dom.js';

const HEX = /(?<![0-9A-Za-z])0x[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?(?![0-9A-Za-z])/g;

let explorer = '';

/** @param {string | null | undefined} url base address of the network's block explorer */
export function setExplorer(url) {
  const base = (url ?? '').replace(/\/$/, '');
  if (base === explorer) return;
  explorer = base;
  for (const link of document.querySelectorAll('a.hex-text')) setHref(/** @type {HTMLAnchorElement} */ (link));
}

/** @param {string} hex @param {boolean} [isWhole] where every character counts: addresses can be made to look alike */
export function hexElement(hex, isWhole = false) {
  const link = el('a', { class: 'hex-text', title: hex, data: { hex, whole: isWhole ? '' : null } });
  link.append(hex.slice(0, 6), el('span', { class: 'hex-middle' }, hex.slice(6, -4)), hex.slice(-4));
  setHref(link);
  const label = hex.length > 42 ? 'Copy hash' : 'Copy address';
  const copy = el('button', { type: 'button', class: 'hex-copy', title: label, 'aria-label': label, data: { copy: hex } }, icon('copy'));
  return el('span', { class: 'hex', dir: 'ltr' }, link, copy);
}

/** Plain text with its addresses and hashes as elements. @param {string} text @param {boolean} [isWhole] @returns {Node[]} */
export function withHex(text, isWhole = false) {
  /** @type {Node[]} */
  const nodes = [];
  let plain = 0;
  for (const match of text.matchAll(HEX)) {
    nodes.push(document.createTextNode(text.slice(plain, match.index)), hexElement(match[0], isWhole));
    plain = match.index + match[0].length;
  }
  return [...nodes, document.createTextNode(text.slice(plain))];
}

/** @param {string} hex */
export function shortHex(hex) {
  return hex.length > 14 ? `${hex.slice(0, 6)}…${hex.slice(-4)}` : hex;
}

/** @param {HTMLAnchorElement} link */
function setHref(link) {
  const hex = link.dataset.hex ?? '';
  if (!explorer) return link.removeAttribute('href');
  link.href = `${explorer}/${hex.length > 42 ? 'tx' : 'address'}/${hex}`;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return undefined;
}
