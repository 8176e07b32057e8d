// Builds elements from blocks. Everything from outside becomes a text node or a checked http(s) address.

import { el, icon, setAttribute } from '../dom.js';
import { hexElement } from '../hex.js';
import { linkNodes } from '../links.js';
import { withVisibleTricks } from '../tool_words.js';
import { COMMAND, commandsElement } from './commands.js';
import { directionOf } from './direction.js';
import { parseInline } from './inline.js';

/** @import { Block } from './blocks.js' */
/** @import { Inline } from './inline.js' */

/** @param {Block} block @returns {HTMLElement} */
export function blockElement(block) {
  const element = plainElement(block);
  if (block.type !== 'code' && block.type !== 'rule') setAttribute(element, 'dir', directionOf(textOf(block)));
  return element;
}

/** A block's own words, in order. @param {Block} block @returns {string} */
export function textOf(block) {
  switch (block.type) {
    case 'quote':
      return block.blocks.map(textOf).join('\n');
    case 'list':
      return block.items.flatMap((item) => item.map(textOf)).join('\n');
    case 'table':
      return block.rows.flat().join('\n');
    case 'rule':
    case 'code':
      return '';
    default:
      return block.text;
  }
}

/** @param {Block} block @returns {HTMLElement} */
function plainElement(block) {
  switch (block.type) {
    case 'heading':
      return el(/** @type {'h3'} */ (`h${Math.min(6, block.level + 2)}`), {}, ...inlineNodes(block.text));
    case 'code':
      return block.language === COMMAND ? commandsElement(block.text) : codeElement(block.language, block.text);
    case 'quote':
      return el('blockquote', {}, ...block.blocks.map(blockElement));
    case 'list':
      return listElement(block);
    case 'table':
      return tableElement(block);
    case 'rule':
      return el('hr');
    default:
      return el('p', {}, ...inlineNodes(block.text));
  }
}

/** @param {string} text @returns {Node[]} */
function inlineNodes(text) {
  return parseInline(text).map(inlineNode);
}

/** @param {Inline} part @returns {Node} */
function inlineNode(part) {
  switch (part.type) {
    case 'text':
      return document.createTextNode(withVisibleTricks(part.text));
    case 'code':
      return el('code', { dir: 'ltr' }, withVisibleTricks(part.text));
    case 'break':
      return el('br');
    case 'hex':
      return hexElement(part.text);
    case 'link':
      return linkNodes(part.href, part.children.map(inlineNode));
    default:
      return el(part.type, {}, ...part.children.map(inlineNode));
  }
}

/** @param {string} language @param {string} text */
function codeElement(language, text) {
  const code = el('code', {}, withVisibleTricks(text));
  const copy = el(
    'button',
    { type: 'button', class: 'copy-code', 'aria-label': 'Copy code', data: { copyFrom: 'code' } },
    icon('copy'),
    el('span', {}, 'Copy'),
  );
  const head = el('div', { class: 'code-head' }, el('span', {}, withVisibleTricks(language) || 'text'), copy);
  return el('div', { class: 'code-block', data: { language } }, head, el('pre', { tabindex: 0, dir: 'ltr' }, code));
}

/** @param {Extract<Block, { type: 'list' }>} list */
function listElement({ ordered, first, items }) {
  const children = items.map((blocks) => el('li', {}, ...itemNodes(blocks)));
  return ordered ? el('ol', { start: first === 1 ? null : first }, ...children) : el('ul', {}, ...children);
}

/** An item's first paragraph has no margins. @param {Block[]} blocks @returns {Node[]} */
function itemNodes(blocks) {
  const [first, ...rest] = blocks;
  if (first?.type !== 'paragraph') return blocks.map(blockElement);
  const task = /^\[([ xX])\]\s+/.exec(first.text);
  const mark = task ? [el('span', { class: 'task-mark' }, task[1] === ' ' ? '☐ ' : '☑ ')] : [];
  return [...mark, ...inlineNodes(first.text.slice(task?.[0].length ?? 0)), ...rest.map(blockElement)];
}

/** @param {Extract<Block, { type: 'table' }>} table */
function tableElement({ align, rows }) {
  const [head = [], ...body] = rows;
  const row = (/** @type {'th' | 'td'} */ tag, /** @type {string[]} */ cells) => {
    const filled = align.slice(0, cells.length); // no elements that no text stands for
    return el('tr', {}, ...filled.map((side, at) => el(tag, { data: { align: side } }, ...inlineNodes(cells[at] ?? ''))));
  };
  const table = el('table', {}, el('thead', {}, row('th', head)), el('tbody', {}, ...body.map((cells) => row('td', cells))));
  return el('div', { class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': 'Table' }, table);
}
