// What stands in a conversation that has not begun: what this is, and things to try.

import { byId, el, icon } from './dom.js';

/** @import { ChatState } from '../client/snapshot.js' */

const EXAMPLES = [
  { icon: 'send-coin', title: 'Move some ether', prompt: 'send 1 ETH from Alice to Bob' },
  { icon: 'wallet', title: 'Look at an account', prompt: 'balance of Bob' },
  { icon: 'blocks', title: 'See the chain', prompt: 'latest block' },
  { icon: 'info', title: 'Find out more', prompt: 'help' },
];

export class EmptyState {
  #region = byId('empty-state', HTMLElement);

  /** @param {(prompt: string) => void} onChoose */
  constructor(onChoose) {
    const examples = EXAMPLES.map(({ icon: name, title, prompt }) =>
      el('button', { type: 'button', class: 'example', on: { click: () => onChoose(prompt) } }, icon(name), el('span', {}, el('strong', {}, title), el('span', {}, prompt))),
    );
    byId('examples', HTMLElement).replaceChildren(...examples);
  }

  /** @param {ChatState} state */
  render({ messages, queued, outgoing, isLoaded, connectionStatus, hot }) {
    const hasMessages = messages.length + queued.length + outgoing.length + (hot?.message_count ?? 0) > 0;
    this.#region.hidden = hasMessages || !(isLoaded || connectionStatus === 'disconnected' || connectionStatus === 'offline');
  }
}
