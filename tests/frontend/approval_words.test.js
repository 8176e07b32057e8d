// What a wallet request is called in lists, titles and for screen readers.

import assert from 'node:assert/strict';
import test from 'node:test';
import { summaryOf } from '../../frontend/page/approval_words.js';

const [FRIEND, KEEPER] = ['0x8ba1f109551bd432803012645ac136ddd64dba72', '0x1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d'];
const coin = { direction: 'out', standard: 'native', symbol: 'ETH', amount: '1000000000000000000', formatted: '1', to: KEEPER };
const token = { direction: 'out', standard: 'erc721', asset: KEEPER, amount: '7', to: FRIEND };

test('what leaves is said to go where it goes, whomever the call names', () => {
  const review = { outcome: 'moves', recipient: FRIEND, changes: [coin, token] };
  const summary = summaryOf({ to: KEEPER, value: coin.amount, data: '0x01', review }, 'ETH', false);
  assert.equal(summary, 'Send 1 ETH to 0x1a2b…3c4d, token 7 of 0x1a2b…3c4d to 0x8ba1…ba72');
});
