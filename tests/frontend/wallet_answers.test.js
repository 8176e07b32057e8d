// A wallet may answer anything. What it means is always one of the outcomes, and nothing is thrown after the wallet was asked.

import assert from 'node:assert/strict';
import test from 'node:test';
import { accountsIn, announcedIn, chainIdIn, failedSendOutcome, problemOf, sendOutcome } from '../../frontend/page/wallet_answers.js';

const HASH = `0x${'ab'.repeat(32)}`;
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const circle = {};
Object.assign(circle, { cause: circle, data: circle, error: circle, errors: [circle, circle] });
const throwing = new Proxy({}, { get: () => assert.fail('a getter of the wallet') });
const PLAIN = [null, undefined, 0, Number.NaN, 1n, true, '', HASH, HASH.slice(2), Symbol('x'), () => 1, new Error('x'), 4001, { code: 4001 }, revoked(), circle, throwing];
const KEYS = ['hash', 'transactionHash', 'result', 'data', 'receipt', 'code', 'error', 'cause', 'message', 'errors', 'id', 'status', 'userOpHash', 'info'];

/** Numbers that look random and are the same each time. */
function* numbers() {
  for (let seed = 7; ; ) yield (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) >>> 8;
}
const draw = numbers();
const below = (/** @type {number} */ most) => draw.next().value % most;

function anything(depth = 4) {
  const kind = depth ? below(10) : 0;
  if (kind < 5) return PLAIN[below(PLAIN.length)];
  if (kind < 7) return Array.from({ length: below(4) }, () => anything(depth - 1));
  const fields = Object.fromEntries(Array.from({ length: 1 + below(4) }, () => [KEYS[below(KEYS.length)], anything(depth - 1)]));
  return kind === 9 ? Object.assign(new Error('e'), fields) : fields;
}

test('any answer and any error has one of the outcomes', () => {
  for (let number = 0; number < 3_000; number++) {
    const value = anything();
    const [answered, failed] = [sendOutcome(value), failedSendOutcome(value)];
    for (const { kind } of [answered, failed]) assert.ok(['sent', 'declined', 'not_sent', 'unknown'].includes(kind));
    for (const outcome of [answered, failed]) if (outcome.kind === 'sent') assert.match(outcome.hash, /^0x[0-9a-f]{64}$/i);
    assert.equal(typeof problemOf(value), 'string');
    assert.ok(Array.isArray(accountsIn(value)));
    assert.ok(chainIdIn(value) === null || Number.isSafeInteger(chainIdIn(value)));
  }
});

test('an answer with an odd code for success is never taken for a refusal, and is not called a problem', () => {
  const codes = ['SUCCESS', 'success', 'OK', 'ok', 201, 202, '0x0', 1, 100, 'E0', '00000', 1n];
  const places = [(code) => ({ code, message: 'Created', data: HASH }), (code) => ({ code, message: 'ok', result: { value: HASH } }), (code) => ({ error: { code, message: 'done', data: HASH }, result: HASH })];
  for (const code of codes) {
    for (const place of places) {
      const outcome = sendOutcome(place(code));
      assert.equal(outcome.kind, 'unknown');
      assert.match(outcome.problem, /a code that is not known here. It may have been sent/);
    }
    assert.deepEqual(sendOutcome({ code, message: 'Created', transactionHash: HASH }), { kind: 'sent', hash: HASH });
    assert.deepEqual(sendOutcome({ code, data: HASH }), { kind: 'sent', hash: HASH });
  }
  assert.match(sendOutcome({ code: 'E7', message: 'no gas' }).problem, /no gas/);
});

test('what a wallet has revoked tells nothing, so the outcome is unknown', () => {
  assert.equal(sendOutcome(revoked()).kind, 'unknown');
  assert.equal(failedSendOutcome(revoked()).kind, 'unknown');
  assert.equal(failedSendOutcome({ cause: revoked() }).kind, 'unknown');
});

test('whatever a wallet says of itself, its button has a name in one line without hidden characters', () => {
  const names = [...PLAIN, Object.create(null), '  ', 'A\n\nB', '\u200b', 'Good \u202eksaMateM', '\u3164', '\ud83d'.repeat(9), '😀'.repeat(80)];
  for (const info of [...PLAIN, ...names.map((name) => ({ name, rdns: name, icon: name }))]) {
    const { id, name, icon, maker = '-' } = announcedIn(info);
    for (const text of [name, maker]) {
      assert.match(text, /^\S(?:.*\S)?$/su);
      assert.ok([...text].length <= 60 && text.isWellFormed());
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u3164]/u);
    }
    assert.ok(id);
    assert.equal(icon, undefined);
  }
  assert.deepEqual(announcedIn({ name: 'Good', rdns: 'good.example', icon: 'data:image/png;base64,AA' }), { id: 'good.example', name: 'Good', icon: 'data:image/png;base64,AA', maker: 'good.example' });
});

test('the words of a wallet’s error show their hidden characters, wherever the error holds them', () => {
  for (const hidden of ['\u202e', '\u200b', '\u2066', '\u00ad', '\u{e0041}', '\u007f']) {
    const words = `nothing was ${hidden}sent`;
    for (const error of [words, { message: words }, { code: -32603, data: { message: words } }, { cause: { message: words } }]) {
      const told = problemOf(error);
      assert.ok(!told.includes(hidden) && told.includes('⟨U+'), JSON.stringify(told));
      assert.equal(failedSendOutcome(error).kind, 'unknown');
    }
  }
});
