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
  '0x', '0xa', 'http://', 'http://a.b', 'http://a.b! ', 'https://a.b/(_', '!', '.,;:', ' a', 'b\n', '*a **b __c ~~d ', '*a _b ', 'é', '🦊',
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
