// A tool call and its result as one card: one line when closed, arguments and result when open.

import { ETHER, isWei, readableAmount } from './amounts.js';
import { el, icon, setData } from './dom.js';
import { withHex } from './hex.js';
import { looksOf } from './receipts.js';
import { callInWords, parsedObject, reasonInWords, resultInWords, toolTitle, withVisibleControls } from './tool_words.js';

/** @import { ShownMessage } from '../client/snapshot.js' */
/** @import { RequestState } from './receipts.js' */

/** @typedef {'running' | 'success' | 'refused' | 'failed' | 'unknown' | 'stopped'} ToolState */

const WORDS = /** @type {Record<ToolState, string>} */ ({
  running: 'running',
  success: 'succeeded',
  refused: 'refused, nothing was done',
  failed: 'failed',
  unknown: 'outcome unknown',
  stopped: 'not finished',
});
const ICONS = /** @type {Record<ToolState, string>} */ ({
  running: 'spinner',
  success: 'check',
  refused: 'cross',
  failed: 'cross',
  unknown: 'question',
  stopped: 'stop',
});

export class ToolCard {
  /** @type {HTMLElement} */
  element;
  #mark = el('span', { class: 'tool-mark' });
  #name = el('span', { class: 'tool-name' });
  #words = el('span', { class: 'tool-words', dir: 'auto' });
  #hint = el('span', { class: 'tool-hint', dir: 'auto' });
  #spoken = el('span', { class: 'visually-hidden' });
  #details;
  /** The contents of the open card; they are built when it is opened for the first time. @type {(() => Node[]) | null} */
  #content = null;

  /** @param {number} seq */
  constructor(seq) {
    const summary = el('summary', {}, this.#mark, this.#name, this.#words, this.#hint, this.#spoken, icon('chevron'));
    const body = el('div', { class: 'tool-body' });
    this.#details = el('details', { class: 'tool' }, summary, body);
    this.#details.addEventListener('toggle', () => this.#fill(body));
    this.body = body;
    this.element = el('li', { class: 'message from-tool', data: { seq, sender: 'system', kind: 'tool_call' } }, this.#details);
  }

  /** `request`: the state of the wallet request that the call made. @param {ShownMessage | null} call @param {ShownMessage | null} result @param {boolean} isRunActive @param {RequestState} [request] */
  update(call, result, isRunActive, request) {
    const tool = result?.tool ?? call?.tool;
    const name = call?.tool?.name ?? result?.tool?.name ?? 'tool';
    const state = result ? (tool?.outcome ?? 'success') : isRunActive ? 'running' : 'stopped';
    setData(this.#details, { state });
    setData(this.element, { resultSeq: result?.seq ?? null, outcome: state });
    const looks = request && looksOf(request);
    setData(this.#details, { request: looks?.tone ?? null });
    this.#mark.replaceChildren(icon(looks?.icon ?? ICONS[state]));
    this.#name.textContent = toolTitle(name);
    this.#name.title = withVisibleControls(name);
    this.#words.textContent = callInWords(name, call?.tool?.arguments);
    const words = looks?.words ?? WORDS[state];
    this.#hint.textContent = looks ? looks.words : hintOf(state, result?.content ?? '');
    this.#spoken.textContent = `, ${words}`;
    this.#content = () => [...argumentNodes(call), ...resultNodes(result, state)];
    this.#fill(this.body);
  }

  /** @param {HTMLElement} body */
  #fill(body) {
    if (this.#details.open) body.replaceChildren(...(this.#content?.() ?? []));
  }
}

/** The text at the end of the closed card: the important part of a result, or why there is none. @param {ToolState} state @param {string} content */
function hintOf(state, content) {
  if (state === 'running') return '';
  if (state === 'success') return resultInWords(content);
  const reason = state === 'failed' || state === 'refused' ? reasonInWords(content) : '';
  return reason ? `${WORDS[state]}: ${reason}` : WORDS[state];
}

/** @param {Pick<ShownMessage, 'content'> & { tool?: { arguments?: Record<string, unknown> | null } | null } | null} call @returns {Node[]} */
export function argumentNodes(call) {
  const args = call?.tool?.arguments;
  if (!args) return call ? [el('pre', { tabindex: 0 }, withVisibleControls(call.content))] : [];
  const rows = Object.entries(args).flatMap(([name, value]) => [el('dt', {}, withVisibleControls(name)), el('dd', { dir: 'auto' }, ...valueNodes(name, value))]);
  if (!rows.length) return [el('p', { class: 'tool-empty' }, 'No arguments')];
  return [el('dl', { class: 'tool-arguments' }, ...rows)];
}

/** @param {string} name @param {unknown} value @returns {Node[]} */
function valueNodes(name, value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const isAmount = /^value$|wei/i.test(name) && isWei(text) && text.length > 9;
  const human = isAmount ? [el('span', { class: 'human-amount' }, `= ${readableAmount(text, ETHER)}`)] : [];
  return [...withHex(withVisibleControls(text)), ...human];
}

/** @param {ShownMessage | null} result @param {ToolState} state @returns {Node[]} */
function resultNodes(result, state) {
  if (!result) return [el('p', { class: 'tool-empty' }, state === 'running' ? 'Waiting for the result…' : 'There is no result.')];
  const object = parsedObject(result.content);
  const text = object ? JSON.stringify(object, null, 2) : result.content;
  const pre = el('pre', { tabindex: 0, 'aria-label': 'Result' }, ...withHex(withVisibleControls(text)));
  const cut = result.tool?.truncated ? [el('p', { class: 'tool-empty' }, 'Only the beginning is kept for display; the agent has seen all of it.')] : [];
  return [el('div', { class: 'tool-label' }, 'Result'), pre, ...cut];
}
