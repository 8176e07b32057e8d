import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextPace } from '../../frontend/page/text_pace.js';

const SCREEN_MS = 1000 / 60;
const TOKEN = 5;
const TOKENS_PER_SECOND = 20;
const MOST_GAP_MS = 150;

/** `worker/push/frame_pace.py`. */
const PACES = {
  smooth: (streamed) => Math.min(500, Math.max(50, streamed * 0.05)),
  economic: (streamed) => Math.min(1500, Math.max(150, streamed)),
};

/** When which length comes in, of a text that an LLM writes for `seconds`; `late(number)` is a lump's delay. */
function lumps(pause, seconds, late = () => 0) {
  const found = [];
  let due = 0;
  for (let token = 1; token <= seconds * TOKENS_PER_SECOND; token += 1) {
    const at = (token * 1000) / TOKENS_PER_SECOND;
    if (at < due) continue;
    found.push({ at: at + late(found.length), length: token * TOKEN, hasEnded: false });
    due = at + pause(at - 1000 / TOKENS_PER_SECOND);
  }
  found.push({ at: seconds * 1000 + 20, length: seconds * TOKENS_PER_SECOND * TOKEN, hasEnded: true });
  return found;
}

/** The moments at which a screen shows more, and how much. */
function watched(coming) {
  const pace = new TextPace();
  const waiting = [...coming];
  const seen = [];
  for (let now = coming[0].at; waiting.length || !pace.isDone; now += SCREEN_MS) {
    while (waiting.length && waiting[0].at <= now) {
      const { length, hasEnded } = waiting.shift();
      pace.grow(now, length, hasEnded);
    }
    const length = pace.look(now);
    if (length > (seen.at(-1)?.length ?? 0)) seen.push({ at: now, length });
  }
  return seen;
}

const gaps = (seen) => seen.slice(1).map(({ at }, before) => at - seen[before].at);

for (const [name, pause] of Object.entries(PACES)) {
  for (const [how, late] of Object.entries({ 'in time': () => 0, 'up to 50 ms late': (number) => (number * 37) % 50 })) {
    test(`${name} frames that come ${how} are seen as text that never stands still`, () => {
      const seen = watched(lumps(pause, 20, late));
      assert.ok(Math.max(...gaps(seen)) <= MOST_GAP_MS, `${Math.max(...gaps(seen))}`);
    });
  }
}

test('the first text is seen at once', () => {
  const [first] = lumps(PACES.economic, 20);
  assert.deepEqual(watched(lumps(PACES.economic, 20))[0], { at: first.at, length: 1 });
});

test('the speed at which a lump is seen is that at which the LLM writes', () => {
  const seen = watched(lumps(PACES.economic, 20)).filter(({ at }) => at > 5_000 && at < 19_000);
  for (let from = 5_000; from < 18_000; from += 500) {
    const part = seen.filter(({ at }) => at >= from && at < from + 500);
    const perSecond = (part.at(-1).length - part[0].length) / ((part.at(-1).at - part[0].at) / 1000);
    assert.ok(perSecond > 75 && perSecond < 130, `${perSecond} from ${from}`);
  }
});

test('what is left at the end follows within a third of a second', () => {
  const coming = lumps(PACES.economic, 20);
  const seen = watched(coming);
  assert.equal(seen.at(-1).length, 2_000);
  assert.ok(seen.at(-1).at - coming.at(-1).at < 350);
});

test('text that was replaced, and text that need not flow, is all there at once', () => {
  const pace = new TextPace();
  pace.grow(1_000, 500, false);
  pace.jump(40);
  assert.equal(pace.look(1_001), 40);
  assert.ok(pace.isDone);
});
