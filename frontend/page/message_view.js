// One message as an element: a person's as a bubble, the agent's as Markdown, notices as a line.

import { el, icon, iconButton, setData } from './dom.js';
import { GrowingText } from './growing_text.js';
import { withHex } from './hex.js';
import { receiptNodes } from './receipts.js';
import { withVisibleTricks } from './tool_words.js';
import { clockTime, fullTime } from './times.js';

/** @import { ShownMessage } from '../client/snapshot.js' */

/** @typedef {{ element: HTMLElement, update: (message: ShownMessage, wasThere: boolean) => void }} MessageView */

/** The words for a person about a run that ended early; the server's words are also meant for programs. */
const STOPPED = 'You stopped this answer.';

/** How an answer that did not end normally ended, in a few words; the server's sentence follows. */
const ANSWER_ENDS = Object.freeze({
  cut_off: 'The answer was cut off',
  filtered: 'The answer was filtered',
  refused: 'The answer was refused',
  failed: 'The answer broke off',
  empty: 'The answer was empty',
});

/** @param {ShownMessage} message @param {() => void} onGrow @returns {MessageView} */
export function messageView(message, onGrow) {
  if (message.sender === 'agent') return agentView(message, onGrow);
  if (message.sender === 'user') return userView(message);
  return message.run_end === 'failed' || message.answer_end ? failureView(message) : noticeView(message);
}

/** The text of a notice for a person. @param {ShownMessage} message */
export function noticeInWords({ run_end, answer_end, content }) {
  if (run_end === 'interrupted') return STOPPED;
  if (answer_end) return content;
  return run_end === 'failed' ? `The answer failed. ${content}` : content;
}

/** @param {ShownMessage} message @param {() => void} onGrow @returns {MessageView} */
function agentView(message, onGrow) {
  let content = '';
  const body = el('div', { class: 'markdown' });
  const time = timeElement(message);
  const copy = iconButton('copy', 'Copy message', undefined, { data: { copyMessage: '' } });
  copy.addEventListener('click', () => copy.dispatchEvent(new CustomEvent('copy-text', { bubbles: true, detail: content })));
  const element = listItem(message, 'Agent', body, el('div', { class: 'message-foot' }, copy, time));
  const text = new GrowingText(body, onGrow);
  return {
    element,
    update(now, wasThere) {
      content = now.content;
      setData(element, { streaming: now.is_streaming ? '' : null });
      setTime(time, now.created_at);
      text.show(now.content, { flows: !wasThere || now.content.length < 200, hasEnded: !now.is_streaming });
    },
  };
}

/** @param {ShownMessage} message @returns {MessageView} */
function userView(message) {
  const body = el('div', { class: 'bubble', dir: 'auto' });
  const element = listItem(message, 'You', body, el('div', { class: 'message-foot' }, timeElement(message)));
  return { element, update: (now) => body.replaceChildren(...withHex(withVisibleTricks(now.content))) };
}

/** @param {ShownMessage} message @returns {MessageView} */
function noticeView(message) {
  if (message.receipt) return receiptView(message);
  const body = el('p', { class: 'notice-line', dir: 'auto' });
  const element = listItem(message, 'System', body);
  const mark = message.run_end === 'interrupted' ? 'stop' : 'info';
  return { element, update: (now) => body.replaceChildren(icon(mark), el('span', {}, ...withHex(withVisibleTricks(noticeInWords(now))))) };
}

/** A run that failed or an incomplete answer: the reason, and (`run_failure.js`) what to do about it. @param {ShownMessage} message @returns {MessageView} */
function failureView(message) {
  const title = message.answer_end ? ANSWER_ENDS[message.answer_end] : 'The answer failed';
  const reason = el('p', { class: 'failure-reason', dir: 'auto' });
  const words = el('div', { class: 'failure-words' }, el('strong', {}, title), reason);
  const element = listItem(message, 'System', el('div', { class: 'failure', data: { answerEnd: message.answer_end } }, icon('warning'), words));
  return { element, update: (now) => reason.replaceChildren(...withHex(withVisibleTricks(now.content))) };
}

/** @param {ShownMessage} message @returns {MessageView} */
function receiptView(message) {
  const body = el('div');
  const element = listItem(message, 'Wallet', body);
  return { element, update: (now) => now.receipt && body.replaceChildren(...receiptNodes(now.receipt, now.content)) };
}

/** @param {ShownMessage} message @param {string} who @param {...Node} children */
function listItem({ seq, sender, kind, run_end }, who, ...children) {
  const label = el('span', { class: 'visually-hidden' }, `${who}:`);
  return el('li', { class: `message from-${sender}`, data: { seq, sender, kind, runEnd: run_end } }, label, ...children);
}

/** @param {ShownMessage} message */
function timeElement({ created_at }) {
  const time = el('time');
  setTime(time, created_at);
  return time;
}

/** @param {HTMLTimeElement} time @param {string} created */
function setTime(time, created) {
  time.dateTime = created;
  time.title = fullTime(created);
  time.textContent = clockTime(created);
}
