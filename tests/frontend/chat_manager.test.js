// The client's methods and handlers as other pages use them, with a server of a few lines.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { ChatManager } from '../../frontend/client/chat_manager.js';
import { MemoryStorage } from '../../frontend/client/browser_storage.js';

let requests = [];
let sockets = [];
let session;
/** Keeps answers back until it is resolved, or makes requests fail. @type {{ promise: Promise<void>, resolve: () => void, reject: (reason: Error) => void } | undefined} */
let held;
/** The status with which messages of a kind are refused. @type {Record<string, number>} */
let refused = {};

const state = (fields = {}) => ({
  session_id: session, generation: 1, rev: Date.now(), title: null, network: 'testnet', is_processing: false,
  is_loading: false, missing_api_key: false, pending_wallet_tx: null, active_run: null, queued: [], approvals: [],
  message_count: 0, expires_at: null, messages: [], ...fields,
});

globalThis.fetch = async (url, { method = 'GET', body, headers }) => {
  const { pathname } = new URL(url);
  requests.push({ path: `${method} ${pathname}`, body: body && JSON.parse(body), key: headers['idempotency-key'] });
  await held?.promise;
  if (refused[pathname]) return new Response('{}', { status: refused[pathname] });
  const answer = pathname === '/api/mcp-command' ? { success: true, message: 'ok', data: null } : state();
  return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json', 'x-run-id': 'r1' } });
};

globalThis.WebSocket = class {
  constructor(url) {
    this.url = url;
    this.frames = [];
    sockets.push(this);
    queueMicrotask(() => this.onopen?.());
  }

  send(text) {
    this.frames.push(JSON.parse(text));
    queueMicrotask(() => this.onmessage?.({ data: JSON.stringify({ type: 'pong' }) }));
  }

  receive(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  close() {
    this.isClosed = true;
  }
};

function manager(config = {}, handlers = {}) {
  const chat = new ChatManager({ backendUrl: 'http://host/', storage: new MemoryStorage(), ...config }, handlers);
  session = chat.getSessionId();
  return chat;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => mock.timers.reset());

beforeEach(() => {
  requests = [];
  sockets = [];
  held = undefined;
  refused = {};
});

test('defaults are those that older pages rely on', () => {
  const { maxMessageLength, reconnectAttempts, reconnectDelay } = manager().config;
  assert.deepEqual([maxMessageLength, reconnectAttempts, reconnectDelay], [2000, 5, 3000]);
});

test('a browser keeps its session, and a named session is left alone', () => {
  const storage = new MemoryStorage();
  const first = manager({ storage }).getSessionId();
  assert.match(first, /^[0-9a-f-]{36}$/);
  assert.equal(manager({ storage }).getSessionId(), first);
  assert.equal(manager({ storage, sessionId: 'mine' }).getSessionId(), 'mine');
  const again = manager({ storage });
  again.setSessionId('other');
  assert.equal(manager({ storage }).getSessionId(), 'other');
});

test('connecting asks for what is missing, and stop leaves nothing behind', async () => {
  const statuses = [];
  const chat = manager({}, { onConnectionChange: (status) => statuses.push(status) });
  chat.connect();
  await turn();
  assert.deepEqual(statuses, ['connecting', 'connected']);
  assert.equal(sockets[0].url, `ws://host/ws?session_id=${session}`);
  assert.equal(sockets[0].frames[0].type, 'sync');
  chat.stop();
  assert.equal(sockets[0].isClosed, true);
  assert.equal(statuses.at(-1), 'disconnected');
});

test('a message is posted with a key of its own; one that is empty or too long is refused here', async () => {
  const problems = [];
  const chat = manager({}, { onError: (error) => problems.push(error.message) });
  assert.equal(await chat.sendMessage('hello'), true);
  assert.deepEqual(requests[0].body, { message: 'hello', session_id: session });
  assert.equal(requests[0].path, 'POST /api/chat');
  assert.ok(requests[0].key.length >= 32);
  assert.equal(await chat.sendMessage(' '), false);
  assert.equal(await chat.sendMessage('👍'.repeat(2001)), false);
  assert.equal(problems.length, 2);
  assert.equal(requests.length, 1);
});

test('messages, typing and state are told, and an unchanged message is the same object', async () => {
  const heard = { messages: [], typing: [] };
  const chat = manager({}, {
    onMessage: (messages) => heard.messages.push(messages),
    onTypingChange: (isTyping) => heard.typing.push(isTyping),
  });
  chat.connect();
  await turn();
  const hello = { seq: 0, sender: 'user', kind: 'text', content: 'hello', length: 5, timestamp: '', created_at: '' };
  const run = { run_id: 'r', attempt: 1, started_at: '', seq: 1 };
  sockets[0].receive({ type: 'state', ...state({ message_count: 1, messages: [hello], active_run: run, is_processing: true }) });
  const [first] = heard.messages.at(-1);
  sockets[0].receive({ type: 'text', session_id: session, generation: 1, seq: 1, attempt: 1, offset: 0, text: 'So' });
  assert.equal(heard.messages.at(-1)[0], first);
  assert.deepEqual(chat.getState().messages.map(({ content, is_streaming }) => [content, is_streaming]), [['hello', false], ['So', true]]);
  assert.deepEqual(heard.typing, [true]);
  chat.disconnect();
});

test('a wallet request is told once, also when it is answered from within the handler', async () => {
  const asked = [];
  const chat = manager({}, {
    onWalletTransactionRequest(transaction) {
      asked.push(transaction);
      void chat.sendTransactionResult(true, '0xabc');
    },
  });
  chat.connect();
  await turn();
  const approval = { approval_id: 'a1', network: 'base', chain_id: 8453, to: '0x1', value: '1', data: '0x', gas: null };
  const waiting = state({ approvals: [approval, { ...approval, approval_id: 'a2', value: '2' }], pending_wallet_tx: '{"to":"0x1","value":"1"}' });
  sockets[0].receive({ type: 'state', ...waiting });
  sockets[0].receive({ type: 'state', ...waiting, rev: waiting.rev + 1 });
  assert.deepEqual(asked, [{ to: '0x1', value: '1' }]);
  chat.clearPendingTransaction();
  assert.equal(chat.getState().pendingWalletTx, null);
  sockets[0].receive({ type: 'state', ...waiting, rev: waiting.rev + 2 });
  assert.equal(chat.getState().pendingWalletTx, null, 'also after the next change');
  await turn();
  const next = { approvals: [waiting.approvals[1]], pending_wallet_tx: '{"to":"0x1","value":"2"}' };
  sockets[0].receive({ type: 'state', ...waiting, ...next, rev: Date.now() + 10_000 });
  assert.deepEqual(asked.at(-1), { to: '0x1', value: '2' });
  assert.equal(asked.length, 2);
  assert.deepEqual(requests[0].body, {
    message: 'Transaction sent: 0xabc',
    session_id: session,
    approval: { approval_id: 'a1', outcome: 'sent', transaction_hash: '0xabc' },
  });
  chat.disconnect();
});

test('a wallet request that another wallet has or had is not told, and the next one gets its own answer', async () => {
  const asked = [];
  const chat = manager({}, { onWalletTransactionRequest: (_, { approval_id }) => asked.push(approval_id) });
  chat.connect();
  await turn();
  const [first, second] = ['a1', 'a2'].map((approval_id) => ({ approval_id, to: '0x1', value: '1', data: '0x' }));
  const shown = (rev, approvals, pending) => ({ type: 'state', ...state({ rev, approvals, pending_wallet_tx: pending }) });
  const claimed = { ...first, claim: { account: '0x2', until: '' } };
  sockets[0].receive(shown(11, [claimed], null));
  sockets[0].receive(shown(12, [claimed, second], null));
  assert.deepEqual(asked, []);
  const reported = { ...claimed, reported: [{ outcome: 'not_found', at: '' }] };
  sockets[0].receive(shown(13, [reported, second], '{"to":"0x1","value":"1"}'));
  assert.deepEqual(asked, ['a2']);
  void chat.sendTransactionResult(true, '0xabc');
  await turn();
  assert.equal(requests[0].body.approval.approval_id, 'a2');
  chat.disconnect();
});

test('a hidden wallet request is the one that was shown, and each conversation has requests of its own', async () => {
  const asked = [];
  const chat = manager({}, { onWalletTransactionRequest: (_, { approval_id }) => asked.push(approval_id) });
  const receive = (fields) => chat.confirm(Promise.resolve(state({ pending_wallet_tx: '{"to":"0x1"}', ...fields })));
  const [first, second, third] = ['a1', 'a2', 'a3'].map((approval_id) => ({ approval_id, to: '0x1', value: '1', data: '0x' }));
  const reported = { ...first, reported: [{ outcome: 'not_found', at: '' }] };
  await receive({ rev: 11, approvals: [reported, second] });
  chat.clearPendingTransaction();
  assert.equal(chat.getState().pendingWalletTx, null);
  await receive({ rev: 12, approvals: [reported, third] });
  assert.notEqual(chat.getState().pendingWalletTx, null);
  const here = session;
  for (const [id, rev, approval] of [['elsewhere', 13, { ...first, approval_id: 'b1' }], [here, 14, third]]) {
    chat.setSessionId((session = id));
    await receive({ rev, approvals: [reported, approval] });
  }
  assert.deepEqual(asked, ['a2', 'a3', 'b1']);
  await chat.sendTransactionResult(true, '0xabc');
  const [{ body }] = requests.filter(({ path }) => path === 'POST /api/system');
  assert.deepEqual([body.session_id, body.approval.approval_id], [here, 'a3']);
});

test('what cannot be stored is replaced before it is sent, so that the message is not shown twice', async () => {
  const chat = manager();
  const texts = [];
  chat.handlers.onState = ({ outgoing }) => texts.push(...outgoing.map(({ text }) => text));
  await chat.sendMessage('red \u001b[31m, half \ud83d, whole \u{1f600}, two\nlines\t.');
  assert.equal(requests[0].body.message, 'red \ufffd[31m, half \ufffd, whole \u{1f600}, two\nlines\t.');
  assert.deepEqual(new Set(texts), new Set([requests[0].body.message]));
  await chat.reportWallet(session, { approval_id: 'a1', outcome: 'unknown', reason: 'The wallet said \ud83d' });
  assert.equal(requests[1].body.approval.reason, 'The wallet said \ufffd');
  assert.equal(await chat.sendMessage('\u0000'.repeat(2_000)), true);
  assert.equal(await manager({ maxMessageLength: 9_000 }).sendMessage('\u0000'.repeat(5_334)), false);
});

test('every other method is one request', async () => {
  const chat = manager();
  await chat.sendTransactionResult(false, undefined, 'too much', 'a2');
  await chat.sendSystemMessage('The user has left.');
  assert.equal(await chat.interrupt('run-1'), true);
  assert.equal((await chat.sendNetworkSwitchRequest('base')).success, true);
  assert.deepEqual(requests.map(({ path, body }) => [path, body?.message ?? body?.run_id ?? body?.args?.network]), [
    ['POST /api/system', 'Transaction rejected by user: too much'],
    ['POST /api/system', 'The user has left.'],
    ['POST /api/interrupt', 'run-1'],
    ['POST /api/mcp-command', 'base'],
    ['GET /api/state', undefined],
  ]);
});

/** `Promise.withResolvers`, which older Nodes do not have. */
function holding() {
  const holder = {};
  holder.promise = new Promise((resolve, reject) => Object.assign(holder, { resolve, reject }));
  return holder;
}

test('a message that is being sent can be stopped, also when the server has it all the same', async () => {
  const chat = manager();
  held = holding();
  const sent = chat.sendMessage('hello');
  await turn();
  assert.ok(chat.getState().isStoppable);
  assert.equal(await chat.interrupt(), true);
  const [message] = chat.getState().outgoing;
  assert.deepEqual([message.status, message.text, chat.getState().isStoppable], ['failed', 'hello', false]);
  held.resolve();
  await sent;
  assert.deepEqual(requests.map(({ path }) => path), ['POST /api/chat', 'POST /api/interrupt']);
  assert.deepEqual([requests[1].body.run_id, chat.getState().outgoing], ['r1', []]);
});

test('a stopped message that did not reach the server is not sent again by itself, but on demand, and the next one does not wait', async () => {
  const chat = manager();
  held = holding();
  const sent = chat.sendMessage('hello');
  held.reject(new TypeError('no network'));
  await turn();
  await chat.interrupt();
  assert.equal(await sent, false);
  held = undefined;
  assert.equal(await chat.sendMessage('another'), true);
  assert.deepEqual(requests.map(({ body }) => body.message), ['hello', 'another']);
  assert.equal(await chat.outbox.retry(chat.getState().outgoing[0].key), true);
  assert.deepEqual(requests.map(({ path, body }) => [path, body.message]).at(-1), ['POST /api/chat', 'hello']);
});

test('who tries again what they have stopped means it', async () => {
  const chat = manager();
  held = holding();
  const sent = chat.sendMessage('hello');
  await turn();
  await chat.interrupt();
  const again = chat.outbox.retry(chat.getState().outgoing[0].key);
  held.resolve();
  await Promise.all([sent, again]);
  assert.deepEqual(requests.map(({ path }) => path), ['POST /api/chat', 'POST /api/chat']);
  assert.equal(requests[0].key, requests[1].key);
});

test('what got no answer is sent by itself when the server can be reached again, however long that takes', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const chat = manager();
  held = holding();
  held.reject(new TypeError('no network'));
  const sent = chat.sendMessage('hello');
  for (let second = 0; second < 540; second += 1) {
    mock.timers.tick(1_000);
    await turn();
  }
  assert.deepEqual(chat.getState().outgoing.map(({ status }) => status), ['sending']);
  held = undefined;
  chat.connect();
  assert.equal(await sent, true);
  chat.stop();
  assert.equal(new Set(requests.map(({ key }) => key)).size, 1);
  assert.ok(requests.length < 40);
});

test('a message that waits too long waits for the person, and what a wallet has answered never does', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const chat = manager();
  held = holding();
  held.reject(new TypeError('no network'));
  const sent = chat.sendMessage('hello');
  const reported = chat.reportWallet('elsewhere', { approval_id: 'a1', outcome: 'sent', transaction_hash: '0xabc' });
  for (let minute = 0; minute < 60; minute += 1) {
    mock.timers.tick(60_000);
    await turn();
  }
  assert.equal(await sent, false);
  assert.match(chat.getState().outgoing[0].problem, /could not be reached\. It has waited too long/);
  held = undefined;
  chat.connect();
  assert.equal(await reported, true);
  chat.stop();
});

test('what has become too old while the computer slept is not sent when it wakes, nor what waited behind it', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const chat = manager();
  held = holding();
  held.reject(new TypeError('no network'));
  const sent = [chat.sendMessage('hello'), chat.sendMessage('another'), chat.reportWallet(session, { approval_id: 'a1', outcome: 'allowed' })];
  await turn();
  const { length } = requests;
  held = undefined;
  mock.timers.tick(3_600_000);
  assert.deepEqual(await Promise.all(sent), [false, false, false]);
  assert.equal(requests.length, length);
  assert.deepEqual(chat.getState().outgoing.map(({ status, problem }) => [status, /waited too long/.test(problem)]), Array(3).fill(['failed', true]));
});

test('an answer of a wallet that the server cannot take in does not stop the messages behind it', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const chat = manager();
  refused = { '/api/system': 500 };
  const reported = chat.reportWallet(session, { approval_id: 'a1', outcome: 'sent', transaction_hash: '0xabc' });
  const sent = chat.sendMessage('hello');
  for (let minute = 0; minute < 8; minute += 1) {
    await turn();
    mock.timers.tick(60_000);
  }
  assert.equal(await Promise.race([sent, turn()]), true);
  assert.deepEqual(chat.getState().outgoing.map(({ status, kind }) => [status, kind]), [['sending', 'system']]);
  refused = {};
  mock.timers.tick(60_000);
  assert.equal(await reported, true);
});

test('a message that another tab has sent or discarded is sent no longer, and comes back no more', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const heard = [];
  globalThis.addEventListener = (_, listener) => heard.push(listener);
  const storage = new MemoryStorage();
  const chat = manager({ storage });
  delete globalThis.addEventListener;
  held = holding();
  const sent = [chat.sendMessage('hello'), chat.sendMessage('another')];
  await turn();
  for (const { key } of chat.getState().outgoing) {
    storage.removeItem(`forge.outbox.${key}`);
    heard.forEach((listener) => listener({ key: `forge.outbox.${key}`, newValue: null }));
  }
  held.reject(new TypeError('no network'));
  held = undefined;
  await turn();
  assert.deepEqual(await Promise.all(sent), [false, false]);
  assert.deepEqual(requests.map(({ path, body }) => [path, body.message]), [['POST /api/chat', 'hello']]);
  const kept = Array.from({ length: storage.length }, (_, index) => storage.key(index));
  assert.deepEqual([chat.getState().outgoing, kept.filter((key) => key.startsWith('forge.outbox.'))], [[], []]);
});
