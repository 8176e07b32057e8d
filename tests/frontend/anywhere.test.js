// The client where a page is not what it runs in: no WebSocket, one that is forbidden, no origin, handlers that call back.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ChatManager, MemoryStorage, RequestError } from '../../frontend/client/chat_manager.js';
import { HttpApi } from '../../frontend/client/http.js';
import { Transport } from '../../frontend/client/transport.js';

const STATE = {
  session_id: 'mine', generation: 1, rev: 1, title: null, network: 'testnet', is_processing: false, is_loading: false,
  missing_api_key: false, pending_wallet_tx: null, active_run: null, queued: [], approvals: [], message_count: 0,
  expires_at: null, messages: [],
};

/** A WebSocket that opens at once and hears nothing. */
class Opening {
  constructor() {
    queueMicrotask(() => this.onopen?.());
  }

  send() {}
  close() {}
}

const forbidden = (error) =>
  class {
    constructor() {
      throw error;
    }
  };

/** What stands where a browser has its WebSocket, and whether the stream is taken before a second dial. */
const SURROUNDINGS = {
  'nothing (Node 20)': [undefined, true],
  'null (a host that takes it away)': [null, true],
  'an object that is no class': [{}, true],
  'a class that a policy forbids': [forbidden(new DOMException('denied', 'SecurityError')), false],
  'a class that throws something else': [forbidden(new TypeError('no')), false],
};

const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

/** Answers each request with the state; the stream stays open until it is aborted. */
function streaming(asked) {
  return async (url, { signal }) => {
    asked.push(new URL(url).pathname);
    if (!url.includes('/stream')) return Response.json(STATE);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(STATE)}\n\n`));
        signal.addEventListener('abort', () => controller.error(signal.reason));
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
}

afterEach(() => delete globalThis.WebSocket);

for (const [name, [WebSocket, isAtOnce]] of Object.entries(SURROUNDINGS)) {
  test(`the stream is taken where WebSocket is ${name}`, async () => {
    globalThis.WebSocket = WebSocket;
    const asked = [];
    const statuses = [];
    const frames = [];
    const transport = new Transport({
      api: new HttpApi({ backendUrl: 'http://host', fetch: streaming(asked) }),
      sessionId: 'mine', reconnectAttempts: 5, reconnectDelay: 2, onOpen() {}, isBusy: () => false,
      onFrame: (frame) => frames.push(frame.type),
      onStatus: (status) => statuses.push(status),
    });
    transport.start();
    await until(() => frames.length > 0);
    assert.deepEqual(asked, ['/api/chat/stream']);
    assert.equal(statuses.includes('reconnecting'), !isAtOnce);
    assert.equal(transport.canAsk, false);
    transport.stop();
    assert.equal(transport.status, 'disconnected');
  });
}

/** Each way to end the link, called by each handler whenever it hears anything. */
const HANDLERS = ['onState', 'onMessage', 'onConnectionChange', 'onTypingChange'];
const ENDINGS = ['stop', 'disconnect', 'clearPendingTransaction'];

for (const handler of HANDLERS) {
  for (const ending of ENDINGS) {
    test(`${ending} inside ${handler} ends and is not called for ever`, async () => {
      globalThis.WebSocket = Opening;
      globalThis.fetch = streaming([]);
      let calls = 0;
      const back = () => {
        calls += 1;
        assert.ok(calls < 50, `${handler} was called ${calls} times`);
        chat?.[ending]();
      };
      let chat = null;
      chat = new ChatManager({ backendUrl: 'http://host', sessionId: 'mine', storage: new MemoryStorage() }, { [handler]: back });
      chat.connect();
      await until(() => calls > 0 || chat.getState().connectionStatus === 'connected');
      chat.stop();
      const heard = calls;
      chat.stop();
      chat.disconnect();
      assert.equal(calls, heard, 'a second stop was told');
      assert.equal(chat.getState().connectionStatus, 'disconnected');
    });
  }
}

test('after stop the client connects again', async () => {
  globalThis.WebSocket = Opening;
  globalThis.fetch = streaming([]);
  const statuses = [];
  const chat = new ChatManager(
    { backendUrl: 'http://host', sessionId: 'mine', storage: new MemoryStorage() },
    { onConnectionChange: (status) => statuses.push(status) },
  );
  for (let round = 0; round < 2; round += 1) {
    chat.connect();
    await until(() => statuses.at(-1) === 'connected');
    chat.stop();
  }
  assert.deepEqual(statuses, ['connecting', 'connected', 'disconnected', 'connecting', 'connected', 'disconnected']);
});

for (const backendUrl of [undefined, null, 5, '', '/', 'host', 'host:8080', 'ftp://host', 'ws://host/ws', 'http://', {}]) {
  test(`a backendUrl of ${JSON.stringify(backendUrl)} is refused in words`, () => {
    assert.throws(() => new ChatManager({ backendUrl }), /backendUrl must be an http:\/\/ or https:\/\/ URL; it is/);
  });
}

test('addresses may end with slashes', () => {
  for (const backendUrl of ['http://host', 'http://host/', 'http://host//']) {
    assert.equal(new ChatManager({ backendUrl }).api.backendUrl, 'http://host');
  }
});

test('what a user of the package needs has its name at the entrance', () => {
  assert.equal(typeof RequestError, 'function');
  assert.equal(new MemoryStorage().length, 0);
});
