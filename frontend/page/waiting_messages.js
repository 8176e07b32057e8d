// Below the conversation: messages on their way, failed ones with a retry, and queued ones.

import { el, icon, iconButton } from './dom.js';
import { KeptChildren } from './kept_children.js';

/** @import { ChatState } from '../client/snapshot.js' */
/** @import { OutgoingMessage } from '../client/outbox.js' */
/** @import { QueuedMessage } from '../client/frames.js' */

/**
 * @typedef {object} WaitingActions
 * @property {(runId: string) => void} onWithdraw
 * @property {(key: string) => void} onRetry
 * @property {(message: OutgoingMessage) => void} onEdit
 * @property {(key: string) => void} onDiscard
 */

/** A wallet may have sent what its answer is about, so that the answer is not called “not sent”. */
const UNTOLD = 'The server does not know this yet.';

export class WaitingMessages {
  /** @param {HTMLElement} list @param {WaitingActions} actions */
  constructor(list, actions) {
    this.children = new KeptChildren(list);
    this.actions = actions;
  }

  /** @param {ChatState} state */
  render({ queued, outgoing, isTyping, messages, connectionStatus }) {
    const isQuiet = isTyping && !hasVisibleWork(messages);
    this.children.show([
      ...(isQuiet ? [{ key: 'working', form: '', build: workingElement }] : []),
      ...queued.map((message) => ({ key: `queued ${message.run_id}`, form: message, build: () => this.#queuedElement(message) })),
      ...outgoing.map((message) => ({ key: message.key, form: [message, connectionStatus], build: () => this.#outgoingElement(message, connectionStatus) })),
    ]);
  }

  /** @param {QueuedMessage} message */
  #queuedElement({ run_id, content, truncated }) {
    const withdraw = iconButton('cross', 'Remove from the queue', () => this.actions.onWithdraw(run_id));
    const note = el('div', { class: 'waiting-note' }, icon('clock'), 'Queued', withdraw);
    return waitingElement('queued', content + (truncated ? '…' : ''), note);
  }

  /** @param {OutgoingMessage} message @param {string} connection */
  #outgoingElement(message, connection) {
    if (message.status === 'sending') {
      const words = connection === 'connected' ? 'Sending…' : 'Waiting for the connection…';
      return waitingElement('sending', message.text, el('div', { class: 'waiting-note' }, icon('spinner'), words));
    }
    const { onRetry, onEdit, onDiscard } = this.actions;
    const button = (/** @type {string} */ label, /** @type {() => void} */ click) =>
      el('button', { type: 'button', class: 'text-button', on: { click } }, label);
    const note = el(
      'div',
      { class: 'waiting-note', role: 'alert' },
      icon('warning'),
      el('span', {}, `${message.approval ? UNTOLD : 'Not sent.'} ${message.problem ?? ''}`),
      button('Retry', () => onRetry(message.key)),
      message.kind === 'chat' && button('Edit', () => onEdit(message)),
      button('Discard', () => onDiscard(message.key)),
    );
    return waitingElement('failed', message.text, note);
  }
}

/** Whether the end of the conversation itself shows that the agent is working. @param {ChatState['messages']} messages */
function hasVisibleWork(messages) {
  const last = messages.at(-1);
  return last !== undefined && (last.kind === 'tool_call' || (last.is_streaming && last.content !== ''));
}

function workingElement() {
  const dots = el('span', { class: 'dots', 'aria-hidden': 'true' }, el('i'), el('i'), el('i'));
  return el('li', { class: 'working' }, dots, el('span', { class: 'visually-hidden' }, 'The agent is working'));
}

/** @param {string} state @param {string} text @param {HTMLElement} note */
function waitingElement(state, text, note) {
  return el('li', { class: 'message from-user waiting', data: { waiting: state } }, el('div', { class: 'bubble', dir: 'auto' }, text), note);
}
