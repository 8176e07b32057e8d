import assert from 'node:assert/strict';
import test, { mock } from 'node:test';

globalThis.matchMedia = /** @type {any} */ (() => ({ matches: false, addEventListener: () => {} }));
globalThis.document = /** @type {any} */ ({ createElement: () => ({ textContent: '' }) });
const { Announcer } = await import('../../frontend/page/announcer.js');
const { Toasts } = await import('../../frontend/page/toasts.js');

function listening() {
  const lines = [];
  const region = /** @type {any} */ ({ append: (line) => lines.push(line), childElementCount: 0 });
  return { announcer: new Announcer(region), heard: () => lines.map(({ textContent }) => textContent) };
}

const said = (sender, content) => ({ sender, content, kind: 'text', is_streaming: false });
const state = (messages, more = {}) => /** @type {any} */ ({ sessionId: 'a', messages, isCaughtUp: true, isTyping: false, ...more });
const TALK = [said('user', 'ask'), said('agent', 'Before.'), said('user', 'ask'), said('agent', 'Now.')];

test('an answer is told even if it comes with the first state, and what was there before is not', () => {
  const { announcer, heard } = listening();
  announcer.render(state([], { isCaughtUp: false }));
  announcer.expect('a', 'ask');
  announcer.render(state([], { isCaughtUp: false }));
  announcer.render(state(TALK));
  assert.deepEqual(heard(), ['Agent: Now.']);
  announcer.render(state([...TALK, said('agent', 'Later.')]));
  assert.deepEqual(heard(), ['Agent: Now.', 'Agent: Later.']);
});

test('nothing is told of a conversation that is only opened, or opened again', () => {
  const { announcer, heard } = listening();
  announcer.render(state([]));
  announcer.expect('a', 'ask');
  announcer.render(state([]));
  announcer.render(state(TALK.slice(0, 2)));
  announcer.render(state([said('agent', 'Elsewhere.')], { sessionId: 'b' }));
  announcer.render(state(TALK));
  assert.deepEqual(heard(), ['Agent: Before.']);
});

test('nothing is told of a long conversation that comes in several frames when it is opened', () => {
  const { announcer, heard } = listening();
  announcer.render(state(TALK.slice(0, 2), { isCaughtUp: false }));
  announcer.render(state(TALK));
  assert.deepEqual(heard(), []);
  announcer.render(state([...TALK, said('agent', 'Later.')]));
  assert.deepEqual(heard(), ['Agent: Later.']);
});

test('the time of a message over the page begins anew when the page is looked at again', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let isShown = true;
  const toast = { textContent: 'Not changed.', remove: () => (isShown = false) };
  let look = () => {};
  document.addEventListener = /** @type {any} */ ((_, listener) => (look = listener));
  new Toasts(/** @type {any} */ ({ children: [toast] }));
  for (const [isHidden, passes, isThere] of /** @type {const} */ ([[false, 5_000, true], [true, 60_000, true], [false, 5_000, true], [true, 100, true], [false, 6_000, true], [false, 7_000, false]])) {
    Object.assign(document, { hidden: isHidden });
    look();
    mock.timers.tick(passes);
    assert.equal(isShown, isThere, `${isHidden} ${passes}`);
  }
  mock.timers.reset();
});
