// A wallet request's review in words. Every name that a contract or the agent gave is shown as untrusted text.

import { counted, groupedNumber, isWei, readableAmount } from './amounts.js';
import { el } from './dom.js';
import { hexElement, shortHex, withHex } from './hex.js';
import { accountName } from './local_node.js';
import { withVisibleControls } from './tool_words.js';

/** @import { PublicApproval, Review, ReviewChange } from '../client/frames.js' */

/** A request from before reviews existed counts as one about which nothing is known. @param {PublicApproval} approval @returns {Review} */
export function reviewOf({ review }) {
  return review ?? { outcome: 'unknown', reason: 'The server says nothing about what this does.' };
}

/** `25 USDC`, `1.5 ETH`, `token 7 of 0x…`. @param {ReviewChange} change @param {string} currency */
export function amountOf({ standard, symbol, amount, token_id, formatted, asset }, currency) {
  const name = withVisibleControls(symbol || (asset ? shortHex(asset) : currency));
  if (!asset && isWei(amount)) return readableAmount(amount, name);
  if (standard === 'erc721') return `token ${amount ?? '?'} of ${name}`;
  if (token_id) return `${amount ? groupedNumber(amount) : 'an unknown number'} of token ${token_id} of ${name}`;
  if (formatted) return `${groupedNumber(formatted.replace(/ .*$/s, ''))} ${name}`;
  return amount ? `${counted(groupedNumber(amount), 'base unit')} of ${name}` : `an unknown amount of ${name}`;
}

/** A complete address, with the test account's name if it has one. @param {string} address @param {boolean} isTest @returns {Node[]} */
export function named(address, isTest) {
  const name = isTest ? accountName(address) : undefined;
  return [...(name ? [el('strong', { class: 'account-name' }, name), document.createTextNode(' ')] : []), hexElement(address, true)];
}

/** Text of others, with its addresses complete and named. @param {string} text @param {boolean} [isTest] @returns {Node[]} */
export function words(text, isTest = false) {
  return withHex(withVisibleControls(text), true).flatMap((node) => {
    const name = isTest && node instanceof HTMLElement ? accountName(node.querySelector('a')?.dataset['hex']) : undefined;
    return name ? [el('strong', { class: 'account-name' }, name), document.createTextNode(' '), node] : [node];
  });
}

/** The dangers before signing, one sentence each. @param {PublicApproval} approval @returns {string[]} */
export function dangersOf(approval) {
  const { warnings = [], allowances = [] } = reviewOf(approval);
  const grave = allowances.filter(({ unlimited, revokes }) => unlimited && !revokes).map(({ text }) => text);
  return [...new Set([...grave, ...warnings.filter(({ severity }) => severity !== 'caution').map(({ text }) => text)])];
}

/** The subject of the request in one line, for lists, titles and screen readers. @param {PublicApproval} approval @param {string} currency @param {boolean} isTest */
export function summaryOf(approval, currency, isTest) {
  const { outcome, changes = [], allowances = [], recipient } = reviewOf(approval);
  const nameOf = (/** @type {string} */ address) => (isTest && accountName(address)) || shortHex(address);
  const who = nameOf(recipient ?? approval.to);
  const given = allowances.find(({ revokes }) => !revokes);
  if (given) return withVisibleControls(given.text);
  // Who is called or named need not get what leaves.
  const out = changes.filter(({ direction }) => direction === 'out').map((change) => `${amountOf(change, currency)} to ${nameOf(change.to)}`);
  if (out.length) return `Send ${out.join(', ')}`;
  if (approval.data === '0x') return `Send ${readableAmount(approval.value, currency)} to ${who}`;
  return outcome === 'unknown' ? `A call of ${who} of unknown effect` : `A call of ${who}`;
}
