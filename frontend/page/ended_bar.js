// The bar above the message box of a conversation that has ended: when it ended, what that means, and how to continue.

import { byId, el, icon } from './dom.js';
import { clockTime, fullTime } from './times.js';

/** @import { View } from './ended.js' */

const DAY_MS = 24 * 60 * 60_000;

export class EndedBar {
  #bar = byId('ended', HTMLElement);
  #earlier = byId('earlier', HTMLElement);
  #before = '';

  /** @param {{ onContinue: () => void, onOpen: (id: string) => void }} actions */
  constructor(actions) {
    this.actions = actions;
  }

  /** @param {View} view */
  render({ sessionId, endedAt, earlier }) {
    const now = JSON.stringify([sessionId, endedAt, earlier?.id]);
    if (now === this.#before) return;
    this.#before = now;
    this.#bar.hidden = endedAt === null;
    this.#bar.replaceChildren(...(endedAt === null ? [] : this.#endedNodes(endedAt)));
    this.#earlier.hidden = earlier === null;
    this.#earlier.replaceChildren(...(earlier ? this.#earlierNodes(earlier.id, earlier.endsAt) : []));
  }

  /** @param {number} endedAt */
  #endedNodes(endedAt) {
    const words = el('span', {}, 'This conversation ended ', timeOf(endedAt), '. You read a copy on this device; the agent remembers nothing of it.');
    const go = el('button', { type: 'button', class: 'button', on: { click: () => this.actions.onContinue() } }, 'Continue in a new one');
    return [icon('clock'), words, go];
  }

  /** @param {string} id @param {number} endedAt */
  #earlierNodes(id, endedAt) {
    const open = el('button', { type: 'button', class: 'text-button', on: { click: () => this.actions.onOpen(id) } }, 'Read it');
    const words = el('span', {}, 'What was said here before ended ', timeOf(Math.min(endedAt, Date.now())), '; the agent remembers nothing of it.');
    return [icon('clock'), words, open];
  }
}

/** @param {number} at */
function timeOf(at) {
  const time = new Date(at).toISOString();
  const isToday = Date.now() - at < DAY_MS;
  return el('time', { datetime: time, title: fullTime(time) }, isToday ? `at ${clockTime(time)}` : fullTime(time));
}
