// Parses Markdown inside a line: emphasis, code, links, and the addresses and hashes of chains.

import { isSafeLink } from './safe_link.js';

/**
 * @typedef {{ type: 'text' | 'code', text: string }
 *   | { type: 'break' }
 *   | { type: 'hex', text: string }
 *   | { type: 'strong' | 'em' | 'del', children: Inline[] }
 *   | { type: 'link', href: string, children: Inline[] }} Inline
 */

const SPECIAL = /\\|`+|\*{1,3}|_{1,3}|~~|!?\[|<br ?\/?>|<(?=https?:\/\/)|https?:\/\/|(?<![0-9A-Za-z])0x[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?(?![0-9A-Za-z])|\n/gi;
const LINK = /!?\[([^[\]\n]{1,1000})\]\(\s*<?([^\s()<>]{1,2000}(?:\([^\s()<>]{0,500}\)[^\s()<>]{0,500})?)>?(?:\s+"[^"\n]{0,500}")?\s*\)/y;
const URL_TEXT = /https?:\/\/[^\s<>"'`|\\^{}[\]]+/iy;
const URL_HOST = /https?:\/\/[^\s<>"'`|\\^{}[\]/?#]*/iy;
const URL_IN_BRACKETS = /<(https?:\/\/[^\s<>]+)>/iy;
const ENDS_A_SENTENCE = '.,;:!?*_~';
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const WORD = /[\p{L}\p{N}]/u;
const EMPHASIS = /** @type {Record<string, 'strong' | 'em' | 'del'>} */ ({ '**': 'strong', __: 'strong', '*': 'em', _: 'em', '~~': 'del' });
const LONGEST_MARK = 3;
const DEEPEST = 6;
/** The words of a link may be emphasized, and hold no other link. */
const DEEPEST_IN_LINK = DEEPEST + 2;

/** @param {string} text @param {number} [depth] @returns {Inline[]} */
export function parseInline(text, depth = 0) {
  /** @type {Inline[]} */
  const parts = [];
  /** @type {Set<string>} marks that are never closed from here on */
  const unclosed = new Set();
  let plain = 0;
  let at = 0;
  for (;;) {
    SPECIAL.lastIndex = at;
    const match = SPECIAL.exec(text);
    if (!match) break;
    const found = specialAt(text, match[0], match.index, depth, unclosed);
    at = found ? found.end : match.index + match[0].length;
    if (!found) continue;
    if (match.index > plain) parts.push({ type: 'text', text: text.slice(plain, match.index) });
    parts.push(found.part);
    plain = at;
  }
  if (plain < text.length) parts.push({ type: 'text', text: text.slice(plain) });
  return parts;
}

/** @typedef {{ part: Inline, end: number } | null} Found */

/**
 * @param {string} text @param {string} mark @param {number} at @param {number} depth @param {Set<string>} unclosed
 * @returns {Found}
 */
function specialAt(text, mark, at, depth, unclosed) {
  if (mark === '\n' || /^<br/i.test(mark)) return { part: { type: 'break' }, end: at + mark.length };
  if (mark === '\\') return escapeAt(text, at);
  if (depth >= DEEPEST && /^(?:0x|http|<)/i.test(mark)) return null; // no link within a link
  if (/^0x/i.test(mark)) return { part: { type: 'hex', text: mark }, end: at + mark.length };
  if (mark.startsWith('`')) return codeAt(text, mark, at, unclosed);
  if (mark.endsWith('[')) return linkAt(text, at, depth);
  if (mark === '<') return bracketsAt(text, at);
  if (/^http/i.test(mark)) return urlAt(text, at);
  return emphasisAt(text, mark, at, depth, unclosed);
}

/** @param {string} text @param {number} at @returns {Found} */
function escapeAt(text, at) {
  const next = text[at + 1] ?? '';
  if (next === '\n') return { part: { type: 'break' }, end: at + 2 };
  return PUNCTUATION.test(next) ? { part: { type: 'text', text: next }, end: at + 2 } : null;
}

/** @param {string} text @param {string} mark @param {number} at @param {Set<string>} unclosed @returns {Found} */
function codeAt(text, mark, at, unclosed) {
  if (unclosed.has(mark)) return null;
  const begin = at + mark.length;
  const end = sameRun(text, mark, begin);
  if (end < 0) {
    unclosed.add(mark);
    return null;
  }
  const code = text.slice(begin, end).replaceAll('\n', ' ');
  const trimmed = code.startsWith(' ') && code.endsWith(' ') && code.trim() ? code.slice(1, -1) : code;
  const type = /^0x(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/.test(trimmed) ? 'hex' : 'code';
  return { part: { type, text: trimmed }, end: end + mark.length };
}

/** The position of the next run of exactly these backticks. @param {string} text @param {string} mark @param {number} from */
function sameRun(text, mark, from) {
  for (let at = text.indexOf(mark, from); at >= 0; at = text.indexOf(mark, at)) {
    const begin = at;
    while (text[at] === '`') at += 1;
    if (at - begin === mark.length) return begin;
  }
  return -1;
}

/** @param {string} text @param {number} at @param {number} depth @returns {Found} */
function linkAt(text, at, depth) {
  LINK.lastIndex = at;
  const match = LINK.exec(text);
  if (!match || depth >= DEEPEST || !isSafeLink(match[2] ?? '')) return null;
  const children = parseInline(match[1] ?? '', DEEPEST);
  return { part: { type: 'link', href: match[2] ?? '', children }, end: at + match[0].length };
}

/** @param {string} text @param {number} at @returns {Found} */
function urlAt(text, at) {
  if (WORD.test(text[at - 1] ?? '') || !hasUsableHost(text, at)) return null;
  URL_TEXT.lastIndex = at;
  const match = URL_TEXT.exec(text);
  if (!match) return null;
  const href = withoutEnd(match[0]);
  if (!isSafeLink(href)) return null;
  return { part: { type: 'link', href, children: [{ type: 'text', text: href }] }, end: at + href.length };
}

/** Only its host can make an address unusable. What comes after the host is not read for nothing, because it may hold thousands of such beginnings. @param {string} text @param {number} at */
function hasUsableHost(text, at) {
  URL_HOST.lastIndex = at;
  const [begin = ''] = URL_HOST.exec(text) ?? [];
  return !'/?#'.includes(text[at + begin.length] ?? ' ') || isSafeLink(begin);
}

/** @param {string} text @param {number} at @returns {Found} */
function bracketsAt(text, at) {
  URL_IN_BRACKETS.lastIndex = at;
  const match = URL_IN_BRACKETS.exec(text);
  const href = match?.[1] ?? '';
  if (!match || !isSafeLink(href)) return null;
  return { part: { type: 'link', href, children: [{ type: 'text', text: href }] }, end: at + match[0].length };
}

/** Punctuation that follows an address in a sentence does not belong to it, nor does a bracket that was opened before it. @param {string} text */
function withoutEnd(text) {
  let end = text.length;
  let surplus = text.split(')').length - text.split('(').length;
  for (; end > 0; end -= 1) {
    const last = text.charAt(end - 1);
    if (last === ')' && surplus > 0) surplus -= 1;
    else if (!ENDS_A_SENTENCE.includes(last)) break;
  }
  return text.slice(0, end);
}

/** @param {string} text @param {string} mark @param {number} at @param {number} depth @param {Set<string>} unclosed @returns {Found} */
function emphasisAt(text, mark, at, depth, unclosed) {
  const begin = at + mark.length;
  if (depth >= DEEPEST_IN_LINK || /\s|^$/.test(text[begin] ?? '')) return null;
  if (mark.startsWith('_') && WORD.test(text[at - 1] ?? '')) return null;
  const end = unclosed.has(mark) ? -1 : closingOf(text, mark, begin);
  if (end < 0) {
    unclosed.add(mark);
    return mark.length === LONGEST_MARK ? emphasisAt(text, mark.slice(1), at, depth, unclosed) : null;
  }
  const children = parseInline(text.slice(begin, end), depth + 1);
  return { part: emphasized(mark, children), end: end + mark.length };
}

/** @param {string} mark @param {Inline[]} children @returns {Inline} */
function emphasized(mark, children) {
  const type = EMPHASIS[mark];
  return type ? { type, children } : { type: 'strong', children: [{ type: 'em', children }] };
}

/** The position of the mark's end; three signs in a row end what is within first. @param {string} text @param {string} mark @param {number} from */
function closingOf(text, mark, from) {
  const sign = mark.charAt(0);
  for (let at = text.indexOf(mark, from + 1); at >= 0; at = text.indexOf(mark, at)) {
    const begin = at;
    while (text[at] === sign && at - begin <= LONGEST_MARK) at += 1;
    const length = at - begin;
    const isOther = mark.length === 1 && (text[begin - 1] === sign || ![1, LONGEST_MARK].includes(length));
    const isInWord = sign === '_' && WORD.test(text[at] ?? '');
    if (!isOther && !isInWord && !/\s/.test(text[begin - 1] ?? ' ')) return length === LONGEST_MARK ? at - mark.length : begin;
  }
  return -1;
}
