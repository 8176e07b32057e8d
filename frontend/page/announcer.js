// Tells screen readers what happened, in whole sentences; the streaming text itself is not read out piece by piece.

import { callInWords } from './tool_words.js';

/** @import { ChatState, ShownMessage } from '../client/snapshot.js' */

export class Announcer {
  #next = 0;
  #sessionId = '';
  #isLoaded = false;
  #wasTyping = false;

  /** @param {HTMLElement} region */
  constructor(region) {
    this.region = region;
  }

  /** @param {string} text */
  say(text) {
    const line = document.createElement('p');
    line.textContent = text;
    this.region.append(line);
    while (this.region.childElementCount > 5) this.region.firstElementChild?.remove();
  }

  /** @param {ChatState} state */
  render(state) {
    const ended = state.messages.filter((message) => !message.is_streaming);
    if (state.sessionId !== this.#sessionId || !this.#isLoaded || ended.length < this.#next) {
      this.#sessionId = state.sessionId;
      this.#isLoaded = state.isLoaded;
      this.#next = ended.length;
      return;
    }
    for (const message of ended.slice(this.#next)) this.#announce(message);
    this.#next = ended.length;
    if (state.isTyping && !this.#wasTyping) this.say('The agent is working.');
    this.#wasTyping = state.isTyping;
  }

  /** @param {ShownMessage} message */
  #announce({ sender, kind, content, tool }) {
    if (kind === 'tool_call') this.say(`Tool ${tool?.name}: ${callInWords(tool?.name ?? '', tool?.arguments)}`);
    else if (kind === 'tool_result') this.say(`Tool ${tool?.name} ${tool?.outcome ?? 'has ended'}.`);
    else if (sender === 'agent') this.say(`Agent: ${content.slice(0, 2000)}`);
    else if (sender === 'system') this.say(content);
  }
}
