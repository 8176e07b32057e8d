// Tells screen readers what happened, in whole sentences. Streaming text is not read out piece by piece.

import { plainText } from './markdown/plain.js';
import { noticeInWords } from './message_view.js';
import { toolInWords, withVisibleTricks } from './tool_words.js';

/** @import { ChatState, ShownMessage } from '../client/snapshot.js' */

const LONGEST = 2_000;

export class Announcer {
  #next = 0;
  #sessionId = '';
  #isLoaded = false;
  #wasTyping = false;
  #written = { sessionId: '', text: '' };

  /** @param {HTMLElement} region */
  constructor(region) {
    this.region = region;
  }

  /** @param {string} text */
  say(text) {
    const line = document.createElement('p');
    line.textContent = withVisibleTricks(text);
    this.region.append(line);
    while (this.region.childElementCount > 5) this.region.firstElementChild?.remove();
  }

  /** The person has sent a message: its answer is told even if all of it comes with the conversation's first state. @param {string} sessionId @param {string} text */
  expect(sessionId, text) {
    this.#written = { sessionId, text };
  }

  /** @param {ChatState} state */
  render(state) {
    const ended = state.messages.filter((message) => !message.is_streaming);
    const isExpected = state.isCaughtUp && state.sessionId === this.#written.sessionId;
    const asked = isExpected ? ended.map(({ sender, content }) => (sender === 'user' ? content : null)).lastIndexOf(this.#written.text) : -1;
    if (isExpected) this.#written = { sessionId: '', text: '' };
    if (state.sessionId !== this.#sessionId || !this.#isLoaded || ended.length < this.#next) {
      this.#sessionId = state.sessionId;
      this.#isLoaded = state.isCaughtUp;
      this.#next = asked < 0 ? ended.length : asked;
      if (asked < 0) return;
    }
    for (const message of ended.slice(this.#next)) this.#announce(message);
    this.#next = ended.length;
    if (state.isTyping && !this.#wasTyping) this.say('The agent is working.');
    this.#wasTyping = state.isTyping;
  }

  /** @param {ShownMessage} message */
  #announce(message) {
    const { sender, kind, content } = message;
    const words = kind === 'tool_call' || kind === 'tool_result' ? toolInWords(message) : null;
    if (words !== null) this.say(words);
    else if (sender === 'agent') this.say(`Agent: ${plainText(content.slice(0, LONGEST))}`);
    else if (sender === 'system') this.say(noticeInWords(message));
  }
}
