// What became of a wallet request: one receipt in place of the card, in words for a person.

import { STILL_ASKS } from './approval_situation.js';
import { el, icon } from './dom.js';
import { hexElement, withHex } from './hex.js';
import { withVisibleControls } from './tool_words.js';

/** @import { PublicApproval, WalletReceipt } from '../client/frames.js' */
/** @import { ShownMessage } from '../client/snapshot.js' */

/** @typedef {WalletReceipt['outcome']} ReceiptOutcome */

/** Outcomes that a client stated; a checked outcome of the same request replaces them. */
const SAID = new Set(/** @type {ReceiptOutcome[]} */ (['reported', 'unanswered', 'rejected']));

/** @type {Record<ReceiptOutcome, { words: string, icon: string, tone: string }>} */
const LOOKS = {
  reported: { words: 'Sent; looking for it on the chain', icon: 'clock', tone: 'waiting' },
  unanswered: { words: 'The wallet gave no usable answer; looking on the chain', icon: 'question', tone: 'waiting' },
  rejected: { words: 'Rejected, nothing was signed here', icon: 'cross', tone: 'neutral' },
  succeeded: { words: 'Done', icon: 'check', tone: 'good' },
  failed: { words: 'Sent, but it failed on the chain', icon: 'cross', tone: 'bad' },
  pending: { words: 'Sent, in no block yet', icon: 'clock', tone: 'waiting' },
  different: { words: 'Another transaction than the one asked for', icon: 'warning', tone: 'warning' },
  not_found: { words: 'Sent, not found yet', icon: 'question', tone: 'warning' },
  unknown: { words: 'Nobody can tell yet whether it was sent', icon: 'question', tone: 'warning' },
  expired: { words: 'Expired without an answer, nothing was signed here', icon: 'clock', tone: 'neutral' },
};

/** The newest receipt of each request. @param {ShownMessage[]} messages @returns {Map<string, WalletReceipt>} */
export function lastReceipts(messages) {
  return new Map(messages.flatMap(({ receipt }) => (receipt?.approval_id ? [[receipt.approval_id, receipt]] : [])));
}

/** Messages that a later receipt of the same request makes unnecessary. @param {ShownMessage[]} messages @returns {Set<ShownMessage>} */
export function outdated(messages) {
  const told = messages.filter(({ receipt }) => receipt);
  const isLater = (/** @type {ShownMessage} */ before) => (/** @type {ShownMessage} */ other) =>
    other.seq > before.seq && (other.run_id === before.run_id || (other.receipt?.approval_id ?? '') === before.receipt?.approval_id);
  return new Set(told.filter((message) => message.receipt && SAID.has(message.receipt.outcome) && told.some(isLater(message))));
}

/** The state of the tool call that asked the wallet. @typedef {'asked' | 'over' | ReceiptOutcome} RequestState */

/** By the tool call's id. @param {ShownMessage[]} messages @param {PublicApproval[]} approvals @returns {Map<string, RequestState>} */
export function requestStates(messages, approvals) {
  /** @type {Map<string, RequestState>} */
  const states = new Map();
  const last = lastReceipts(messages);
  for (const { call_id, outcome } of last.values()) if (call_id) states.set(call_id, outcome);
  for (const { call_id, approval_id } of approvals) if (call_id) states.set(call_id, last.get(approval_id)?.outcome ?? 'asked');
  return states;
}

/** @param {RequestState | undefined} state @returns {{ words: string, icon: string, tone: string }} */
export function looksOf(state) {
  if (state === 'asked') return { words: 'waits for your signature', icon: 'wallet', tone: 'waiting' };
  if (state === undefined || state === 'over') return { words: 'expired, or no longer open', icon: 'clock', tone: 'neutral' };
  return { ...LOOKS[state], words: LOOKS[state].words.replace(/^\w/, (first) => first.toLowerCase()) };
}

/** One line: what, to whom, in which block, for which fee; ids are shown only when it is opened. @param {WalletReceipt} receipt @param {string} text the message's own words @returns {Node[]} */
export function receiptNodes(receipt, text) {
  const { words } = LOOKS[receipt.outcome];
  const { summary, reason, block_number, fee, transaction_hash, unexpected = [], may_still_ask } = receipt;
  const facts = [
    ...(summary ? [el('strong', {}, withVisibleControls(summary))] : []),
    ...(receipt.outcome === 'succeeded' && summary ? [] : [words]),
    ...(reason ? [`“${withVisibleControls(reason)}”`] : []),
    ...(typeof block_number === 'number' ? [`block ${block_number.toLocaleString('en')}`] : []),
    ...(fee ? [`fee ${fee}`] : []),
    ...(transaction_hash ? [hexElement(transaction_hash)] : []),
  ];
  const line = facts.flatMap((fact, at) => (at ? [' · ', fact] : [fact]));
  const details = el('details', { class: 'receipt-details' }, el('summary', {}, 'Details'), el('p', { dir: 'auto' }, withVisibleControls(text)));
  const notes = [
    ...(unexpected.length ? ['It did not do exactly what was shown before you signed it:', ...unexpected] : []),
    ...(may_still_ask ? [`A wallet had not answered. ${STILL_ASKS}`] : []),
  ].map((note) => el('p', { class: 'receipt-open', dir: 'auto' }, ...withHex(withVisibleControls(note), true)));
  const { icon: sign, tone } = LOOKS[unexpected.length ? 'different' : receipt.outcome];
  return [el('div', { class: 'receipt', data: { tone, outcome: receipt.outcome } }, icon(sign), el('div', {}, el('p', { dir: 'auto' }, ...line), ...notes, details))];
}
