// The same rows as tests/mcp_servers/test_amounts.py and tests/forge_client/test_wording.py: an amount is written in
// one way, whoever writes it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { readableAmount } from '../../frontend/page/amounts.js';
import { callInWords, resultInWords } from '../../frontend/page/tool_words.js';

const ROWS = JSON.parse(readFileSync(new URL('amounts.json', import.meta.url), 'utf8'));

test('an amount is exact, with groups of thousands, in a unit that fits', () => {
  for (const [wei, currency, text] of ROWS) assert.equal(readableAmount(wei, currency), text);
});

test('a tool’s line says what the answer says, and less only where there is no room', () => {
  const balance = (wei) => resultInWords(JSON.stringify({ wei, currency: 'ETH' }));
  assert.equal(balance('9997999918621325000000'), '9,997.999918621325 ETH');
  assert.equal(balance('9997999918621325678912'), '≈ 9,997.999918 ETH');
  assert.equal(resultInWords(JSON.stringify({ formatted: '1234567.5', symbol: 'USDC' })), '1,234,567.5 USDC');
  const asked = (value) => callInWords('send_transaction_to_wallet', { value, to: 'Bob' });
  assert.deepEqual(['1', 1, '0', '0.1 ether'].map(asked), ['1 wei to Bob', '1 wei to Bob', '0 ether to Bob', '0.1 ether to Bob']);
});

test('a closed line shows what hides words, and writes joined letters and signs as they are', () => {
  for (const usual of ['👨‍👩‍👧', 'می‌خواهم', 'क्‍ष', '1️⃣', '🇩🇪']) {
    assert.equal(callInWords('some_tool', { text: usual }), usual);
    assert.equal(resultInWords(usual), usual);
  }
  assert.equal(callInWords('some_tool', { text: 'a\u202eb' }), 'a⟨U+202E⟩b');
  assert.equal(resultInWords('a\u200bb'), 'a⟨U+200B⟩b');
});
