// Parses Markdown text to blocks. Each line alone decides which block it begins, so growing text changes only its last
// blocks.

/**
 * `start` is the block's first character in the text it was parsed from.
 * @typedef {{ type: 'paragraph', start: number, text: string }
 *   | { type: 'heading', start: number, level: number, text: string }
 *   | { type: 'code', start: number, language: string, text: string }
 *   | { type: 'quote', start: number, blocks: Block[] }
 *   | { type: 'list', start: number, ordered: boolean, first: number, items: Block[][] }
 *   | { type: 'table', start: number, align: string[], rows: string[][] }
 *   | { type: 'rule', start: number }} Block
 */

// None of these patterns can backtrack for long, because a line may have a hundred thousand characters.
const FENCE = /^( {0,3})(`{3,}|~{3,})(.*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:\s(.*))?$/;
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}>\s?/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])(\s+|$)/;
const DELIMITER = /^:?-+:?$/;
const DEEPEST = 8;
/** A row with more cells stays text, because a browser takes seconds to lay out thousands of columns. */
const MOST_COLUMNS = 100;

/** @typedef {{ text: string, start: number }} Line */

/** @param {string} text @returns {Block[]} */
export function parseBlocks(text) {
  return blocksOf(linesOf(text), 0);
}

/** @param {string} text @returns {Line[]} */
function linesOf(text) {
  let start = 0;
  return text.split('\n').map((line) => {
    const at = start;
    start += line.length + 1;
    return { text: line.replace(/\r$/, ''), start: at };
  });
}

/** @param {Line[]} lines @param {number} depth @returns {Block[]} */
function blocksOf(lines, depth) {
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const line = lineAt(lines, at);
    if (!line.text.trim()) {
      at += 1;
      continue;
    }
    const [block, next] = blockAt(lines, at, depth);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

/** @param {Line[]} lines @param {number} at @param {number} depth @returns {[Block, number]} */
function blockAt(lines, at, depth) {
  const { text, start } = lineAt(lines, at);
  const fence = fenceOf(text);
  if (fence) return codeAt(lines, at, fence);
  const heading = HEADING.exec(text);
  if (heading) return [{ type: 'heading', start, level: (heading[1] ?? '').length, text: (heading[2] ?? '').trim() }, at + 1];
  if (RULE.test(text)) return [{ type: 'rule', start }, at + 1];
  if (QUOTE.test(text) && depth < DEEPEST) return quoteAt(lines, at, depth);
  if (ITEM.test(text) && depth < DEEPEST) return listAt(lines, at, depth);
  if (isTableAt(lines, at)) return tableAt(lines, at);
  return paragraphAt(lines, at);
}

/** @param {string} text */
function fenceOf(text) {
  const fence = FENCE.exec(text);
  const [, indentation = '', mark = '', rest = ''] = fence ?? [];
  if (!fence || rest.includes('`')) return null;
  return { mark, language: rest.trim().split(/\s/)[0] ?? '', indentation: indentation.length };
}

/** @param {Line[]} lines @param {number} at @param {{ mark: string, language: string, indentation: number }} fence @returns {[Block, number]} */
function codeAt(lines, at, { mark, language, indentation }) {
  let end = at + 1;
  while (end < lines.length && !closes(lineAt(lines, end).text, mark)) end += 1;
  const text = lines.slice(at + 1, end).map((line) => dedent(line.text, indentation)).join('\n');
  return [{ type: 'code', start: lineAt(lines, at).start, language, text }, end + 1];
}

/** @param {string} text @param {string} mark */
function closes(text, mark) {
  const fence = FENCE.exec(text);
  return (fence?.[2] ?? '').startsWith(mark) && !fence?.[3]?.trim();
}

/** @param {Line[]} lines @param {number} at @param {number} depth @returns {[Block, number]} */
function quoteAt(lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lineAt(lines, end).text)) end += 1;
  const inner = lines.slice(at, end).map((line) => ({ ...line, text: line.text.replace(QUOTE, '') }));
  return [{ type: 'quote', start: lineAt(lines, at).start, blocks: blocksOf(inner, depth + 1) }, end];
}

/** @param {Line[]} lines @param {number} at @param {number} depth @returns {[Block, number]} */
function listAt(lines, at, depth) {
  const first = ITEM.exec(untabbed(lineAt(lines, at)).text);
  const base = first?.[1]?.length ?? 0;
  const ordered = /\d/.test(first?.[2] ?? '');
  /** @type {Line[][]} */
  const items = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = untabbed(lineAt(lines, end));
    const item = ITEM.exec(line.text);
    if (item && (item[1]?.length ?? 0) < base + 2) {
      if (/\d/.test(item[2] ?? '') !== ordered || RULE.test(line.text)) break;
      items.push([{ ...line, text: line.text.slice(item[0].length) }]);
    } else if (!line.text.trim()) {
      if (!continuesList(lines, end, base)) break;
      items.at(-1)?.push(line);
    } else if (isIndented(line.text, base) || isLazy(lines, end)) {
      items.at(-1)?.push({ ...line, text: dedent(line.text, base + 2) });
    } else break;
  }
  const number = Number.parseInt(first?.[2] ?? '1', 10);
  const block = {
    type: /** @type {const} */ ('list'),
    start: lineAt(lines, at).start,
    ordered,
    first: Number.isNaN(number) ? 1 : number,
    items: items.map((item) => blocksOf(item, depth + 1)),
  };
  return [block, end];
}

/** Whether the list continues after a blank line. @param {Line[]} lines @param {number} at @param {number} base */
function continuesList(lines, at, base) {
  const next = lines.slice(at + 1, at + 3).find((line) => line.text.trim());
  return next !== undefined && (ITEM.test(next.text) || isIndented(untabbed(next).text, base));
}

/** In lists a tab counts like spaces up to the next multiple of four. @param {Line} line @returns {Line} */
function untabbed(line) {
  const blank = /^[ \t]*/.exec(line.text)?.[0] ?? '';
  if (!blank.includes('\t')) return line;
  const columns = [...blank].reduce((at, sign) => (sign === '\t' ? at - (at % 4) + 4 : at + 1), 0);
  return { ...line, text: ' '.repeat(columns) + line.text.slice(blank.length) };
}

/** @param {string} text @param {number} base */
function isIndented(text, base) {
  return text.length - text.trimStart().length >= base + 2;
}

/** A line that continues a list item's paragraph without being indented. @param {Line[]} lines @param {number} at */
function isLazy(lines, at) {
  return Boolean(lineAt(lines, at - 1).text.trim()) && !beginsBlock(lines, at);
}

/** @param {string} text @param {number} width */
function dedent(text, width) {
  return text.slice(Math.min(width, text.length - text.trimStart().length));
}

/** @param {Line[]} lines @param {number} at */
function isTableAt(lines, at) {
  const next = lines[at + 1];
  if (!next || !lineAt(lines, at).text.includes('|')) return false;
  const columns = cells(next.text);
  return columns.length <= MOST_COLUMNS && columns.every((cell) => DELIMITER.test(cell));
}

/** @param {Line[]} lines @param {number} at @returns {[Block, number]} */
function tableAt(lines, at) {
  const align = cells(lineAt(lines, at + 1).text).map((cell) => {
    if (!cell.endsWith(':')) return 'start';
    return cell.startsWith(':') ? 'center' : 'end';
  });
  const rows = [cells(lineAt(lines, at).text)];
  let end = at + 2;
  for (; end < lines.length && lineAt(lines, end).text.includes('|'); end += 1) rows.push(cells(lineAt(lines, end).text));
  return [{ type: 'table', start: lineAt(lines, at).start, align, rows }, end];
}

/** @param {string} row */
function cells(row) {
  const inner = row.trim().replace(/^\|/, '').replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** @param {Line[]} lines @param {number} at @returns {[Block, number]} */
function paragraphAt(lines, at) {
  let end = at + 1;
  while (end < lines.length && lineAt(lines, end).text.trim() && !beginsBlock(lines, end)) end += 1;
  const text = lines.slice(at, end).map((line) => line.text.trim()).join('\n');
  return [{ type: 'paragraph', start: lineAt(lines, at).start, text }, end];
}

/** @param {Line[]} lines @param {number} at */
function beginsBlock(lines, at) {
  const { text } = lineAt(lines, at);
  return [HEADING, RULE, QUOTE, ITEM].some((form) => form.test(text)) || fenceOf(text) !== null || isTableAt(lines, at);
}

/** @param {Line[]} lines @param {number} at @returns {Line} */
function lineAt(lines, at) {
  return lines[at] ?? { text: '', start: 0 };
}
