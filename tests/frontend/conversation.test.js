import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyFrame, applyState, denies, emptyConversation, expire, have, needsSync, withOlder } from '../../frontend/client/conversation.js';
import { displayText } from '../../frontend/client/entry.js';

const state = (fields = {}) => ({
  type: 'state', session_id: 's', generation: 1, rev: 1, title: null, network: 'testnet', is_processing: false,
  is_loading: false, missing_api_key: false, pending_wallet_tx: null, active_run: null, queued: [], approvals: [],
  message_count: 0, expires_at: null, messages: [], ...fields,
});
const message = (seq, content, fields = {}) => ({
  seq, sender: 'agent', kind: 'text', content, length: [...content].length, timestamp: '', created_at: '', ...fields,
});
const text = (seq, attempt, offset, content, generation = 1) => ({
  type: 'text', session_id: 's', generation, seq, attempt, offset, text: content,
});
const after = (...frames) => frames.reduce(applyFrame, emptyConversation('s'));
const textOf = (conversation, seq) => conversation.entries[seq]?.text;
const running = (fields = {}) => state({
  is_processing: true, active_run: { run_id: 'r', attempt: 1, started_at: '', seq: 1 }, message_count: 1,
  messages: [message(0, 'hi', { sender: 'user' })], ...fields,
});

test('text is appended at its offset and an overlap is trimmed', () => {
  const conversation = after(running(), text(1, 1, 0, 'Hello '), text(1, 1, 3, 'lo wor'), text(1, 1, 9, 'ld'));
  assert.equal(textOf(conversation, 1), 'Hello world');
  assert.equal(needsSync(conversation), false);
});

test('offsets count code points, not UTF-16 units', () => {
  const conversation = after(running(), text(1, 1, 0, '👍👍a'), text(1, 1, 1, '👍ab'), text(1, 1, 4, '🎉'));
  assert.equal(textOf(conversation, 1), '👍👍ab🎉');
  assert.deepEqual(have(conversation), { generation: 1, messages: 1, seq: 1, attempt: 1, length: 5 });
});

test('a gap asks for sync, and what came after it is not lost', () => {
  const gap = after(running(), text(1, 1, 0, 'one '), text(1, 1, 8, 'three'));
  assert.equal(textOf(gap, 1), 'one ');
  assert.equal(needsSync(gap), true);
  const whole = applyFrame(gap, text(1, 1, 4, 'two '));
  assert.equal(textOf(whole, 1), 'one two three');
  assert.equal(needsSync(whole), false);
});

test('a new attempt starts the text again and frames of the old one are ignored', () => {
  const conversation = after(running(), text(1, 1, 0, 'old text'), text(1, 2, 0, 'new'), text(1, 1, 8, ' more'));
  assert.equal(textOf(conversation, 1), 'new');
});

test('a new attempt that begins beyond its start asks for sync', () => {
  assert.equal(needsSync(after(running(), text(1, 1, 0, 'old'), text(1, 2, 3, 'new'))), true);
});

test('text after the end of its message changes nothing', () => {
  const ended = after(running(), state({ rev: 2, message_count: 2, messages: [message(1, 'whole')] }));
  assert.equal(applyFrame(ended, text(1, 1, 5, ' late')), ended);
});

test('a long message is continued by text frames of attempt 0', () => {
  const begun = after(state({ message_count: 1, messages: [message(0, 'abc', { length: 6 })] }));
  assert.equal(needsSync(begun), true);
  assert.deepEqual(have(begun), { generation: 1, messages: 0, seq: 0, attempt: 0, length: 3 });
  const whole = applyFrame(begun, text(0, 0, 3, 'def'));
  assert.equal(textOf(whole, 0), 'abcdef');
  assert.equal(needsSync(whole), false);
});

test('a message that streamed never gets shorter on screen when its end arrives in parts', () => {
  const ended = state({ rev: 2, message_count: 2, messages: [message(1, 'abc', { length: 9 })] });
  const conversation = after(running(), text(1, 1, 0, 'abcdef'), ended);
  assert.equal(displayText(conversation.entries[1]), 'abcdef');
  assert.equal(textOf(conversation, 1), 'abc');
});

test('a missing message asks for sync', () => {
  const conversation = after(state({ message_count: 3, messages: [message(0, 'a'), message(2, 'c')] }));
  assert.equal(needsSync(conversation), true);
  assert.equal(have(conversation).messages, 1);
});

test('an older state brings its messages but not its flags', () => {
  const conversation = after(state({ rev: 5, network: 'base' }), state({ rev: 4, message_count: 1, messages: [message(0, 'a')] }));
  assert.equal(conversation.hot.network, 'base');
  assert.equal(textOf(conversation, 0), 'a');
});

test('text of a run that left nothing is dropped by a newer state', () => {
  const conversation = after(running(), text(1, 1, 0, 'gone'), state({ rev: 2, message_count: 1 }));
  assert.equal(conversation.entries[1], undefined);
});

test('a new generation shows nothing of the old one, and late frames of the old one are ignored', () => {
  const old = after(state({ message_count: 1, messages: [message(0, 'secret')] }));
  const renewed = applyFrame(old, state({ generation: 2, rev: 9, message_count: 1, messages: [message(0, 'new')] }));
  assert.equal(textOf(renewed, 0), 'new');
  assert.equal(applyFrame(renewed, text(1, 1, 0, 'late')), renewed);
});

test('an expired session is emptied and stays so until a newer generation', () => {
  const old = after(running(), { type: 'session_expired', session_id: 's', generation: 1 });
  assert.deepEqual([old.expired, old.entries, old.hot.is_processing], [true, [], false]);
  assert.equal(applyFrame(old, running()), old);
  assert.equal(applyFrame(old, running({ generation: 2, rev: 7 })).expired, false);
});

test('an empty state is doubted by who holds a conversation', () => {
  const conversation = after(running());
  const empty = state({ generation: 0, rev: 0 });
  assert.equal(applyFrame(conversation, empty), conversation);
  assert.equal(denies(conversation, empty), true);
  assert.equal(denies(emptyConversation('s'), empty), false);
  assert.equal(needsSync(expire(conversation)), false);
});

test('frames of another session are ignored', () => {
  const conversation = after(running());
  assert.equal(applyFrame(conversation, { ...text(1, 1, 0, 'x'), session_id: 'other' }), conversation);
});

test('an HTTP state brings the streaming text and leaves queued messages to the queue', () => {
  const conversation = applyState(emptyConversation('s'), running({
    messages: [message(0, 'hi'), message(1, 'so far', { is_streaming: true }), message(null, 'queued')],
  }));
  assert.equal(textOf(conversation, 1), 'so far');
  assert.equal(conversation.entries.length, 2);
  assert.equal(textOf(applyFrame(conversation, text(1, 1, 6, ' and on')), 1), 'so far and on');
});

test('a state that leaves old messages out is whole from its first message on', () => {
  const messages = [message(7, 'h'), message(8, 'i')];
  const conversation = after(state({ message_count: 9, first_seq: 7, messages }));
  assert.equal(needsSync(conversation), false);
  assert.equal(conversation.first, 7);
  assert.equal(have(conversation).messages, 9);
});

test('what was held before a gap that the server left is let go, and can be asked for again', () => {
  const begun = after(state({ message_count: 2, messages: [message(0, 'a'), message(1, 'b')] }));
  const conversation = applyState(begun, state({ rev: 2, message_count: 9, first_seq: 8, messages: [message(8, 'i')] }));
  assert.equal(conversation.entries[1], undefined);
  assert.equal(needsSync(conversation), false);
  const older = state({ rev: 2, message_count: 9, first_seq: 6, messages: [message(6, 'g'), message(7, 'h')] });
  const more = withOlder(conversation, older);
  assert.equal(more.first, 6);
  assert.deepEqual(more.entries.slice(6).map((entry) => entry?.message.content), ['g', 'h', 'i']);
});

test('older messages of another generation are not taken', () => {
  const conversation = after(state({ message_count: 9, first_seq: 8, messages: [message(8, 'i')] }));
  const other = state({ generation: 2, message_count: 9, first_seq: 7, messages: [message(7, 'x')] });
  assert.equal(withOlder(conversation, other), conversation);
});

test('older messages that would leave a gap after them are not taken', () => {
  const conversation = after(state({ message_count: 9, first_seq: 8, messages: [message(8, 'i')] }));
  const requestedBefore = state({ message_count: 9, first_seq: 3, messages: [message(3, 'd')] });
  assert.equal(withOlder(conversation, requestedBefore), conversation);
});

test('a minimal answer changes the flags and no message', () => {
  const begun = after(state({ message_count: 1, messages: [message(0, 'a')] }));
  const { messages: _, ...minimal } = state({ rev: 2, message_count: 1, is_processing: true });
  const conversation = applyState(begun, minimal);
  assert.equal(conversation.hot.is_processing, true);
  assert.equal(conversation.entries[0].message.content, 'a');
});
