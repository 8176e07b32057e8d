import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBlocks } from '../../frontend/page/markdown/blocks.js';
import { parseInline } from '../../frontend/page/markdown/inline.js';

/** Of processor time: work that grows as the text takes a twentieth of it, and as the text's square some three times. */
const MOST_SECONDS = 3;
const LENGTH = 100_000;
const long = (piece) => piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH);
const runs = (mark) => Array.from({ length: 600 }, (_, at) => `${mark.repeat(at + 1)}a`).join('');

const PIECES = [
  '`', '` ', '`a', '``a', '~', '~~', '~~a', '*', '**', '*a', '*a ', ' *', '**a', '**a** ', '_', '_a', 'a_b_', '__a', '[', '[a](b',
  '![', '[a](', '[a](b (', '[a](b "', '](', '<', '\\', '\\*', '\\|', '|', '-|', 'a|', '|\n', 'a|\n', '- ', '- a\n', '- a\n\n', '1. a\n',
  '1. a\n- b\n', '>', '> ', '>\n', '> - ', '> - > - ', '#', '# a\n', '```\n', '~~~\n', '---\n', '- - ', ' ', '\t', '\n', ' \n', '\r\n',
  '0x', '0xa', 'http://', 'http://a.b', 'http://a.b! ', 'https://a.b/(_', 'http://a)', 'http://a.b/(', 'https://%(', '#https://', 'ahttps://', '<', '<http://a', '<br', '***', '***a', '***a**', '___a', '\t- a\n', '!', '.,;:', ' a', 'b\n', '*a **b __c ~~d ', '*a _b ', 'é', '🦊',
];
const OPENINGS = ['', '- a\n', '> ', '```\n', '`', '` ', '**', '[a](b ', '[', 'http://x', '|a|b|\n|-|-|\n', '-', '---', '#', '1'];
const ENDS = ['', 'x', ' x', 'x`', '\nx'];

function* hostile() {
  let number = 0;
  for (const piece of PIECES) {
    yield long(piece);
    number += 1;
    yield OPENINGS[number % OPENINGS.length] + long(piece) + ENDS[number % ENDS.length];
  }
  yield* ['`', '~', '*', '_'].map(runs);
  yield `http://x${long('!')}a`;
  yield `\` ${long('a ')}x\``;
  yield `${long('`')}a${long('`')}`;
  yield `${long(' ')}- a\n${long(' ')}   b\nc`;
  yield `${long('a|')}\n${long('-|')}`;
  yield Array.from({ length: 600 }, (_, at) => `${' '.repeat(at)}- a`).join('\n');
}

test('no text takes longer than its length', () => {
  for (const text of hostile()) {
    const before = process.cpuUsage();
    parseBlocks(text);
    parseInline(text);
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1_000_000 < MOST_SECONDS, `${JSON.stringify(text.slice(0, 30))} … took too long`);
  }
});

test('code is what is between runs of as many backticks', () => {
  const code = (text) => parseInline(text).filter(({ type }) => type === 'code').map((part) => part.text);
  assert.deepEqual(code('`a` ``b`c`` `` ` `` `d``e`'), ['a', 'b`c', '`', 'd``e']);
  assert.deepEqual(code('`a ``b'), []);
  assert.deepEqual(code('` a b ` `  ` ` c`'), ['a b', '  ', ' c']);
});

test('a fence ends with as many marks as it began with', () => {
  const [block, after] = parseBlocks('````js\na\n```\n~~~~\n`````  \nb');
  assert.deepEqual([block.type, block.text, after.text], ['code', 'a\n```\n~~~~', 'b']);
});

test('an address ends before the signs that end its sentence', () => {
  const links = (text) => parseInline(text).filter(({ type }) => type === 'link').map(({ href }) => href);
  assert.deepEqual(links('https://a.b/c?!... https://a.b/d, (https://a.b/e) !?'), ['https://a.b/c', 'https://a.b/d', 'https://a.b/e']);
});

test('a table has no more columns than a browser lays out at once', () => {
  const table = (columns) => parseBlocks(`${'a|'.repeat(columns)}\n${'-|'.repeat(columns)}\n`)[0].type;
  assert.deepEqual([table(100), table(101)], ['table', 'paragraph']);
});

/** Inline parts in a short form: emphasis in braces, links in angle brackets, and a slash for a line break. */
const said = (parts) =>
  parts.map((part) => {
    if (part.type === 'break') return '/';
    if (part.type === 'link') return `<${part.href} ${said(part.children)}>`;
    return part.children ? `${part.type}{${said(part.children)}}` : part.text;
  }).join('');

const INLINE = {
  '***a*** b': 'strong{em{a}} b',
  '___a___': 'strong{em{a}}',
  '***a* b**': 'strong{em{a} b}',
  '**a *b***': 'strong{a em{b}}',
  '*a **b***': 'em{a strong{b}}',
  '***a': '***a',
  '2 * 3 *** 4': '2 * 3 *** 4',
  '[**a** `b`](http://c.d)': '<http://c.d strong{a} b>',
  '[*http://e.f*](http://c.d)': '<http://c.d em{http://e.f}>',
  '<https://a.b/c>.': '<https://a.b/c https://a.b/c>.',
  'HTTPS://a.b x': '<HTTPS://a.b HTTPS://a.b> x',
  '<https://a.b c> <javascript:a> <b>': '<<https://a.b https://a.b> c> <javascript:a> <b>',
  '(https://a.b/c_(d)).': '(<https://a.b/c_(d) https://a.b/c_(d)>).',
  '(https://a.b/c).': '(<https://a.b/c https://a.b/c>).',
  'a<br>b<br/>c<BR />d': 'a/b/c/d',
  'a\\\nb': 'a/b',
};

test('the signs of emphasis, links and line breaks are those that language models write', () => {
  for (const [text, words] of Object.entries(INLINE)) assert.equal(said(parseInline(text)), words, text);
});

test('a list may be indented by tabs', () => {
  const [list, ...rest] = parseBlocks('- a\n\t- b\n\t\t- c\n- d\n\n\te');
  assert.deepEqual([rest, list.items.length], [[], 2]);
  const [, inner] = list.items[0];
  assert.deepEqual([inner.type, inner.items[0][0].text, inner.items[0][1].items[0][0].text], ['list', 'b', 'c']);
  assert.deepEqual(list.items[1].map(({ text }) => text), ['d', 'e']);
});

test('code is without the indentation of its fence', () => {
  const [list] = parseBlocks('1. a\n   ```sh\n   b\n     c\n   ```\n   d');
  assert.deepEqual(list.items[0].map(({ text }) => text), ['a', 'b\n  c', 'd']);
});
