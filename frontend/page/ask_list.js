// Tool calls that wait for the person's decision, because text from strangers in the conversation may have caused them.

import { el, icon, setData } from './dom.js';
import { timeUntil } from './times.js';
import { argumentNodes } from './tool_card.js';
import { toolTitle, withVisibleControls } from './tool_words.js';

/** @import { ChatManager } from '../client/chat_manager.js' */
/** @import { ChatState } from '../client/snapshot.js' */
/** @import { PublicAsk } from '../client/frames.js' */

/**
 * @typedef {object} AskListOptions
 * @property {ChatManager} chat
 * @property {() => number} now the time of the server's clock
 * @property {(card: HTMLElement) => void} onNew
 * @property {(text: string) => void} onSay
 * @property {() => void} onEmpty called when the focus would be lost
 * @property {() => void} onChange
 */

/** @typedef {{ element: HTMLElement, left: HTMLElement, what: HTMLElement, status: HTMLElement, buttons: HTMLButtonElement[], whole: PublicAsk | null, fetching: boolean }} Shown */

export class AskList {
  /** @type {Map<string, Shown>} */
  #shown = new Map();
  #sessionId = '';
  element = el('div', { class: 'asks' });

  /** @param {AskListOptions} options */
  constructor(options) {
    this.options = options;
  }

  get waiting() {
    return this.#shown.size;
  }

  /** @param {ChatState} state */
  render(state) {
    const now = this.options.now();
    const open = state.asks.filter(({ expires_at }) => !(Date.parse(expires_at) <= now));
    const ids = new Set(state.sessionId === this.#sessionId ? open.map(({ approval_id }) => approval_id) : []);
    this.#removeAllBut(ids);
    const isSame = state.sessionId === this.#sessionId;
    this.#sessionId = state.sessionId;
    for (const ask of open) {
      const shown = this.#shown.get(ask.approval_id) ?? this.#add(ask, isSame);
      const isUnderWay = state.outgoing.some(({ approval, status }) => approval?.approval_id === ask.approval_id && status === 'sending');
      this.#update(shown, ask, isUnderWay, now);
    }
  }

  /** @param {Set<string>} ids */
  #removeAllBut(ids) {
    let hadFocus = false;
    for (const [id, { element }] of this.#shown) {
      if (ids.has(id)) continue;
      hadFocus ||= element.contains(document.activeElement);
      element.remove();
      this.#shown.delete(id);
    }
    if (hadFocus) this.options.onEmpty();
  }

  /** @param {PublicAsk} ask @param {boolean} isNews @returns {Shown} */
  #add(ask, isNews) {
    const { approval_id, tool } = ask;
    const title = el('h2', { id: `ask-${approval_id}` }, icon('question'), el('span', {}, `Your word is needed: ${withVisibleControls(toolTitle(tool))}`));
    const left = el('time', { class: 'approval-expiry' });
    title.append(left);
    const why = el('p', { class: 'ask-why', id: `ask-why-${approval_id}` }, ...reasonNodes(ask));
    const what = el('div', { class: 'ask-what' });
    const status = el('p', { class: 'ask-status', role: 'status' });
    const button = (/** @type {string} */ words, /** @type {string} */ look, /** @type {boolean} */ isAllowed) =>
      el('button', { type: 'button', class: look, 'aria-describedby': why.id, data: { act: isAllowed ? 'allow' : 'refuse' }, on: { click: () => this.#answer(approval_id, isAllowed) } }, words);
    const buttons = [button('Allow once', 'button primary', true), button('Do not allow', 'button', false)];
    const element = el('section', { class: 'approval ask', 'aria-labelledby': title.id, data: { ask: approval_id } }, title, why, what, status, el('div', { class: 'approval-buttons' }, ...buttons));
    const shown = { element, left, what, status, buttons, whole: null, fetching: false };
    this.#shown.set(approval_id, shown);
    this.element.append(element);
    this.options.onNew(element);
    if (isNews) this.options.onSay(`Your word is needed: ${toolTitle(tool)}.`);
    return shown;
  }

  /** A call that is not shown completely cannot be allowed. @param {Shown} shown @param {PublicAsk} ask @param {boolean} isUnderWay @param {number} now */
  #update(shown, ask, isUnderWay, now) {
    if (!shown.whole) {
      if (ask.arguments) this.#show(shown, ask);
      else if (!shown.fetching) void this.#fetch(shown, ask);
    }
    const left = timeUntil(Date.parse(ask.expires_at), now);
    if (shown.left.textContent !== left) shown.left.textContent = left;
    const words = isUnderWay ? 'Telling the server…' : shown.whole ? '' : 'Getting all of it before anybody can allow it…';
    if (shown.status.textContent !== words) shown.status.textContent = words;
    const [allow, refuse] = shown.buttons;
    if (allow) allow.disabled = isUnderWay || !shown.whole;
    if (refuse) refuse.disabled = isUnderWay;
    setData(shown.element, { situation: isUnderWay ? 'working' : shown.whole ? 'ready' : 'loading' });
  }

  /** @param {Shown} shown @param {PublicAsk} ask */
  #show(shown, ask) {
    shown.whole = ask;
    const name = el('p', { class: 'ask-tool' }, el('code', {}, withVisibleControls(ask.tool)), ` on ${ask.network}`);
    shown.what.replaceChildren(name, ...argumentNodes({ tool: { arguments: ask.arguments }, content: '' }));
  }

  /** @param {Shown} shown @param {PublicAsk} ask */
  async #fetch(shown, { approval_id }) {
    shown.fetching = true;
    const state = await this.options.chat.api.state(this.#sessionId).catch(() => null);
    shown.fetching = false;
    const whole = state?.asks?.find((other) => other.approval_id === approval_id);
    if (whole?.arguments) this.#show(shown, whole);
    this.options.onChange();
  }

  /** @param {string} approval_id @param {boolean} isAllowed */
  #answer(approval_id, isAllowed) {
    if (isAllowed && !this.#shown.get(approval_id)?.whole) return;
    const outcome = isAllowed ? 'allowed' : 'rejected';
    void this.options.chat.reportWallet(this.#sessionId, { approval_id, outcome }, isAllowed ? 'Allowed.' : 'Not allowed.');
    this.options.onChange();
  }
}

/** @param {PublicAsk} ask @returns {(Node | string)[]} */
function reasonNodes({ strangers }) {
  const names = strangers.map((name) => withVisibleControls(toolTitle(name))).join(', ');
  return ['This conversation holds texts of strangers (from ', el('strong', {}, names), '), and they may have talked the agent into this. Nothing has been done so far. Allow it only if it is what you want yourself.'];
}
