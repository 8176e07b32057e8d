// Markdown as it is read out: words without signs, and short addresses.

import { shortHex } from '../hex.js';
import { hostBeside } from '../links.js';
import { parseBlocks } from './blocks.js';
import { parseInline } from './inline.js';

/** @import { Block } from './blocks.js' */
/** @import { Inline } from './inline.js' */

/** @param {string} markdown */
export function plainText(markdown) {
  return linesOf(parseBlocks(markdown)).join('\n');
}

/** @param {Block[]} blocks */
function linesOf(blocks) {
  return blocks.map(blockText).filter(Boolean);
}

/** @param {Block} block @returns {string} */
function blockText(block) {
  switch (block.type) {
    case 'quote':
      return linesOf(block.blocks).join('\n');
    case 'list':
      return block.items.map((item) => linesOf(item).join('\n')).join('\n');
    case 'table':
      return block.rows.map((cells) => cells.map(inlineText).join(', ')).join('\n');
    case 'rule':
      return '';
    case 'code':
      return block.text;
    default:
      return inlineText(block.text);
  }
}

/** @param {string} text */
function inlineText(text) {
  return parseInline(text).map(partText).join('');
}

/** @param {Inline} part @returns {string} */
function partText(part) {
  if (part.type === 'break') return ' ';
  if (part.type === 'hex') return shortHex(part.text);
  if (!('children' in part)) return part.text;
  const words = part.children.map(partText).join('');
  const host = part.type === 'link' ? hostBeside(part.href, words) : '';
  return host ? `${words} (${host})` : words;
}
