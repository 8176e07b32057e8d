// The link to the server over hours and outages, with a clock of its own.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { backoff } from '../../frontend/client/backoff.js';
import { CatchUp } from '../../frontend/client/catch_up.js';
import { Transport } from '../../frontend/client/transport.js';

const MINUTE = 60_000;
let sockets = [];
let behaviour = 'answer';

class FakeSocket {
  constructor(url) {
    this.url = url;
    this.sent = [];
    this.openedAt = Date.now();
    this.isClosed = false;
    sockets.push(this);
    setTimeout(() => (behaviour === 'refuse' ? this.fail() : !this.isClosed && this.onopen?.()), 20);
  }

  send(text) {
    const frame = JSON.parse(text);
    this.sent.push(frame.type);
    if (behaviour === 'answer') setTimeout(() => this.onmessage?.({ data: '{"type":"pong","rev":1}' }), 20);
  }

  fail() {
    this.isClosed = true;
    this.onclose?.();
  }

  close() {
    this.isClosed = true;
  }
}

function started(options = {}) {
  const statuses = [];
  const opens = [];
  const transport = new Transport({
    api: { backendUrl: 'http://host', authorization: async () => ({}), fetch: async () => ({ ok: false }) },
    sessionId: 'a b',
    reconnectAttempts: 5,
    reconnectDelay: 3000,
    onFrame() {},
    onOpen: () => opens.push(Date.now()),
    onStatus: (status) => statuses.push(status),
    isBusy: () => false,
    ...options,
  });
  transport.start();
  return { transport, statuses, opens };
}

/** Lets time pass in small steps, so that what timers start asynchronously gets its turn too. */
async function pass(milliseconds, step = 250) {
  for (let passed = 0; passed < milliseconds; passed += step) {
    mock.timers.tick(step);
    for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
  }
}

const openSockets = () => sockets.filter((socket) => !socket.isClosed);

beforeEach(() => {
  sockets = [];
  behaviour = 'answer';
  globalThis.WebSocket = FakeSocket;
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
});
afterEach(() => mock.timers.reset());

test('the session is named in the address and the status becomes connected', async () => {
  const { transport, statuses } = started();
  await pass(500);
  assert.equal(sockets[0].url, 'ws://host/ws?session_id=a+b');
  assert.deepEqual(statuses, ['connecting', 'connected']);
  transport.stop();
  assert.equal(openSockets().length, 0);
});

test('a quiet socket is pinged before ten minutes and replaced before two hours, never leaving a gap', async () => {
  const { transport, statuses, opens } = started();
  let most = 0;
  for (let minute = 0; minute < 240; minute += 1) {
    await pass(MINUTE, 5_000);
    most = Math.max(most, openSockets().length);
    assert.ok(openSockets().length >= 1, `no socket after ${minute} minutes`);
  }
  assert.ok(sockets.length >= 3 && sockets.length <= 4, `${sockets.length} sockets in four hours`);
  assert.ok(sockets[0].sent.length >= 20, `${sockets[0].sent.length} pings`);
  assert.equal(opens.length, sockets.length);
  assert.deepEqual(statuses, ['connecting', 'connected']);
  assert.ok(most <= 2);
  transport.stop();
});

/** The computer's clock is set back by a day, and then goes on; the steady clock just goes on. */
function setBack(ctx) {
  const [dateNow, began] = [Date.now, Date.now()];
  ctx.mock.method(performance, 'now', () => dateNow() - began);
  ctx.mock.method(Date, 'now', () => dateNow() - 24 * 60 * MINUTE);
}

test('a clock that is set back hides no dead socket', async (ctx) => {
  ctx.mock.method(performance, 'now', () => 0);
  const { transport, statuses } = started({ isBusy: () => true });
  await pass(500);
  setBack(ctx);
  behaviour = 'silent';
  await pass(MINUTE);
  assert.ok(statuses.includes('reconnecting'), statuses.join());
  transport.stop();
});

test('a clock that is set back leaves no gap in a text', async (ctx) => {
  ctx.mock.method(performance, 'now', () => 0);
  let asked = 0;
  const conversation = { generation: 1, hot: {}, complete: 0, ended: 1, entries: [] };
  const catchUp = new CatchUp({ conversation: () => conversation, ask: () => (asked += 1) });
  catchUp.look();
  await pass(2_000);
  const before = asked;
  setBack(ctx);
  await pass(MINUTE);
  assert.ok(before >= 1 && asked >= before + 3, `asked ${asked} times`);
  catchUp.stop();
});

test('a socket that ends with its token shows a newer one in time and stays open', async () => {
  let tickets = 0;
  const api = {
    backendUrl: 'http://host',
    accessToken: async () => 'token',
    authorization: async () => ({}),
    ticket: async (session) => ({ ticket: `${session}-${(tickets += 1)}`, opens_for: 100 }),
  };
  const { transport } = started({ api });
  await pass(10 * MINUTE, 1_000);
  assert.equal(sockets.length, 1);
  assert.match(sockets[0].url, /ticket=a\+b-1$/);
  assert.equal(sockets[0].sent.filter((type) => type === 'auth').length, 7);
  assert.equal(tickets, 8);
  transport.stop();
});

test('a socket on which nothing comes back any more is given up and dialled again', async () => {
  const { transport, statuses } = started();
  await pass(1_000);
  behaviour = 'silent';
  await pass(4.5 * MINUTE, 1_000);
  assert.equal(sockets[0].isClosed, true);
  assert.ok(statuses.includes('reconnecting'));
  behaviour = 'answer';
  await pass(MINUTE, 1_000);
  assert.equal(transport.status, 'connected');
  transport.stop();
});

test('silence during a run is noticed within half a minute', async () => {
  const { transport } = started({ isBusy: () => true });
  await pass(1_000);
  behaviour = 'silent';
  await pass(45_000, 500);
  assert.equal(sockets[0].isClosed, true);
  transport.stop();
});

test('an hour without a server is dialled on at a bounded rate and never given up', async () => {
  const { transport, statuses } = started();
  await pass(20_000);
  behaviour = 'refuse';
  sockets[0].fail();
  await pass(60 * MINUTE, 1_000);
  assert.ok(sockets.length > 60 && sockets.length < 300, `${sockets.length} dials in an hour`);
  assert.equal(statuses.at(-1), 'disconnected');
  behaviour = 'answer';
  await pass(2 * MINUTE, 1_000);
  assert.equal(transport.status, 'connected');
  transport.stop();
});

test('a server that accepts and closes at once is not stormed', async () => {
  const { transport } = started();
  for (let second = 0; second < 60; second += 1) {
    await pass(1_000, 100);
    openSockets().forEach((socket) => socket.onopen && socket.fail());
  }
  assert.ok(sockets.length < 15, `${sockets.length} dials in a minute`);
  transport.stop();
});

test('nothing is dialled after stop', async () => {
  const { transport } = started();
  await pass(1_000);
  sockets[0].fail();
  transport.stop();
  const dialled = sockets.length;
  await pass(5 * MINUTE, 1_000);
  assert.equal(sockets.length, dialled);
});

test('waiting grows, is capped, and differs between clients', () => {
  const waits = Array.from({ length: 2000 }, () => backoff(1, 1500));
  assert.ok(Math.min(...waits) >= 450 && Math.max(...waits) <= 1500);
  assert.ok(new Set(waits.map((wait) => Math.round(wait / 50))).size > 15);
  assert.ok(backoff(50, 1500) <= 30_000);
});
