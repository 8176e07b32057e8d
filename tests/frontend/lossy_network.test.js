// Whatever is dropped, doubled, delayed or reordered, the client's text ends equal to the server's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyFrame, emptyConversation, have, needsSync } from '../../frontend/client/conversation.js';
import { SimulatedServer } from './simulated_server.js';

const CONVERSATIONS = 150;
const WORDS = ['plain ', 'ünïcode ', '👩‍👩‍👧 ', '🎉', 'עברית ', '\n\n', 'a rather long piece of text, longer than a frame '];

/** A small generator with a seed, so that a failure can be repeated. */
function seeded(seed) {
  let value = seed;
  return () => {
    value = (value + 0x6d2b79f5) | 0;
    let mixed = Math.imul(value ^ (value >>> 15), 1 | value);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class LossyNetwork {
  constructor(random) {
    this.random = random;
    this.faults = random();
    this.inFlight = [];
  }

  carry(frames) {
    for (const frame of frames) {
      if (this.random() < this.faults * 0.4) continue;
      this.inFlight.push(structuredClone(frame));
      if (this.random() < this.faults * 0.4) this.inFlight.push(structuredClone(frame));
    }
  }

  next() {
    const at = this.random() < this.faults ? Math.floor(this.random() * this.inFlight.length) : 0;
    return this.inFlight.splice(at, 1)[0];
  }
}

function act(server, random) {
  const choices = [
    () => server.start(`question ${WORDS[Math.floor(random() * WORDS.length)]}`),
    () => server.endMessage(),
    () => server.callTool('balance'),
    () => server.takeOver(),
    () => server.finish(),
    () => random() < 0.2 && server.expire(),
  ];
  if (random() < 0.6) server.say(WORDS[Math.floor(random() * WORDS.length)].repeat(1 + Math.floor(random() * 3)));
  else choices[Math.floor(random() * choices.length)]();
}

function assertNothingForeign(conversation, server) {
  if (conversation.generation !== server.generation || conversation.expired) return;
  conversation.entries.forEach((entry, seq) => {
    if (!entry) return;
    const whole = entry.ended ? server.log[seq]?.content : server.attempts.get(`${seq}/${entry.attempt}`);
    assert.ok(whole?.startsWith(entry.text), `message ${seq} holds what was never said: ${entry.text}`);
  });
}

function converse(seed) {
  const random = seeded(seed);
  const server = new SimulatedServer(random);
  const network = new LossyNetwork(random);
  let conversation = emptyConversation('s');
  const deliver = () => {
    conversation = applyFrame(conversation, network.next());
    assertNothingForeign(conversation, server);
  };
  for (let step = 0; step < 120; step += 1) {
    act(server, random);
    network.carry(server.sent.splice(0));
    while (network.inFlight.length && random() < 0.8) deliver();
    if (needsSync(conversation) && random() < 0.2) network.carry(server.sync(have(conversation)));
  }
  while (network.inFlight.length) deliver();
  server.flush();
  network.faults = 0;
  let syncs = 0;
  do {
    network.carry(server.sync(have(conversation)));
    while (network.inFlight.length) deliver();
    syncs += 1;
  } while (needsSync(conversation));
  return { conversation, server, syncs };
}

test(`after ${CONVERSATIONS} conversations over a lossy network every text equals the server's`, () => {
  for (let seed = 1; seed <= CONVERSATIONS; seed += 1) {
    const { conversation, server, syncs } = converse(seed);
    const expected = server.log.map((message) => message.content);
    if (server.active?.text) expected.push(server.active.text);
    assert.deepEqual(conversation.entries.map((entry) => entry.text), expected, `seed ${seed}`);
    assert.equal(conversation.hot.rev, server.rev, `seed ${seed}`);
    assert.ok(syncs <= 2, `seed ${seed} took ${syncs} syncs`);
  }
});
