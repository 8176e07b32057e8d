// The same rows as tests/worker/wallet/test_look_alikes.py: the page and the server have one rule.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { addressesIn, looksLike, withLookAlikes } from '../../frontend/page/look_alikes.js';

const ROWS = JSON.parse(readFileSync(new URL('look_alikes.json', import.meta.url), 'utf8'));

test('two addresses look alike if three digits are the same at both ends', () => {
  for (const [known, other, isAlike] of ROWS.alike) {
    assert.equal(looksLike(known, other), isAlike, other);
    assert.equal(looksLike(other, known), isAlike, other);
  }
});

test('every address of a text is found, and no part of a hash', () => {
  for (const [content, found] of ROWS.texts) assert.deepEqual(addressesIn([{ content }]), found, content);
});

test('a danger that the server has told is not told twice', () => {
  const [known, fraud] = ROWS.alike[0];
  const once = withLookAlikes({ to: fraud, review: { outcome: 'moves' } }, [known]);
  assert.equal(once.review.warnings.length, 1);
  assert.equal(withLookAlikes(once, [known]), once);
  assert.equal(withLookAlikes(once, [known.toLowerCase()]), once);
});
