// What a person can do after an answer failed or is incomplete: have it continued, send the message again, or change
// it.

import { byId, el } from './dom.js';
import { onlyReads } from './tool_words.js';

/** @import { ChatState, ShownMessage } from '../client/snapshot.js' */

const CONTINUE = 'Continue';
const DONE = 'What the tools above have done stays done. Read it before you ask again.';

export class RunFailure {
  #region = byId('failure-actions', HTMLElement);
  #before = '';

  /** `onRetry` sends a message: the same one again, or one that asks to continue. @param {{ onRetry: (text: string) => void, onEdit: (text: string) => void }} actions */
  constructor(actions) {
    this.actions = actions;
  }

  /** @param {ChatState & { endedAt: number | null }} state */
  render(state) {
    const failed = failedRun(state);
    const now = failed ? JSON.stringify([state.sessionId, failed.question.seq, failed.hasActed, failed.isCutOff]) : '';
    if (now === this.#before) return;
    this.#before = now;
    this.#region.replaceChildren(...(failed ? this.#elements(failed) : []));
  }

  /** If something may have been done already, one press must not send the same words again. @param {{ question: ShownMessage, hasActed: boolean, isCutOff: boolean }} failed */
  #elements({ question: { content }, hasActed, isCutOff }) {
    const { onRetry, onEdit } = this.actions;
    const button = (/** @type {string} */ label, /** @type {(text: string) => void} */ act) =>
      el('button', { type: 'button', class: 'button', on: { click: () => act(content) } }, label);
    if (isCutOff) return [button('Continue', () => onRetry(CONTINUE)), button('Edit', onEdit)];
    if (hasActed) return [el('p', {}, DONE), button('Edit and send again', onEdit)];
    return [button('Try again', onRetry), button('Edit', onEdit)];
  }
}

/** @param {ChatState & { endedAt: number | null }} state */
function failedRun({ messages, isProcessing, outgoing, endedAt }) {
  const last = messages.at(-1);
  const isOpen = last?.run_end === 'failed' || Boolean(last?.answer_end);
  if (!last || !isOpen || isProcessing || outgoing.length || endedAt !== null) return null;
  const run = messages.filter(({ run_id }) => run_id === last.run_id);
  const question = run.find(({ sender }) => sender === 'user');
  const isCutOff = last.answer_end === 'cut_off' && run.some(({ sender, kind }) => sender === 'agent' && kind === 'text');
  return question ? { question, isCutOff, hasActed: run.some(mayHaveActed) } : null;
}

/** @param {ShownMessage} message */
function mayHaveActed({ kind, tool }) {
  return kind === 'tool_call' && !onlyReads(tool?.name);
}
