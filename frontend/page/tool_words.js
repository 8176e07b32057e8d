// Tool calls and results in a few words, for the closed card. The open card shows everything.

import { amountForLine, ETHER, groupedNumber, isWei, readableAmount } from './amounts.js';
import { shortHex } from './hex.js';

/** @import { ShownMessage } from '../client/snapshot.js' */

/** @typedef {Record<string, unknown>} Arguments */

const LONGEST = 90;
const HIDDEN_IN_WRITING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u115f\u1160\u180e\u200b\u202a-\u202e\u2060-\u2069\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
// By Unicode's own properties: controls, formats, what is ignorable by default (but an emoji's variation), and blanks that look empty.
const HIDDEN = /(?!(?<=\p{Extended_Pictographic})\ufe0f)[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u007f-\u009f\u2028\u2029\u2800\ufffe\uffff]/gu;
/** Marks beyond the eighth on one letter, more than any writing needs: they reach over the lines above and below. */
const STACKED = /(?<=\p{M}{8})\p{M}/gu;
const SENTENCES = /** @type {Record<string, (args: Arguments) => string>} */ ({
  send: ({ value, from, to }) => `${amount(value, 'ETH')} from ${name(from)} to ${name(to) || 'a new contract'}`,
  send_transaction_to_wallet: ({ value, to }) => `${amount(value)} to ${name(to)}`,
  balance: ({ who, account, address }) => `of ${name(who ?? account ?? address)}`,
  erc20_balance: ({ who, token }) => `of ${name(who)} in ${name(token)}`,
  block: ({ block }) => name(block ?? 'latest'),
  set_network: ({ network }) => `to ${name(network)}`,
  search_uniswap_docs: ({ query }) => `“${String(query)}”`,
  brave_search: ({ q, query }) => `“${String(q ?? query)}”`,
});

const TITLES = /** @type {Record<string, string>} */ ({
  tx: 'Transaction',
  call: 'Contract call',
  code: 'Contract code',
  code_size: 'Size of the code',
  erc20_balance: 'Token balance',
  send_transaction_to_wallet: 'Wallet request',
  set_network: 'Network',
  list_networks: 'Networks',
  get_current_time: 'Time',
  get_contract_abi: 'Contract interface',
  get_account_transactions: 'Transactions',
  get_swap_price: 'Swap price',
  get_swap_quote: 'Swap quote',
  encode_function_call: 'Encode a call',
  decode_function_call: 'Decode a call',
  search_uniswap_docs: 'Uniswap documents',
  brave_search: 'Web search',
});
const ENDS = /** @type {Record<string, string>} */ ({
  success: 'done',
  refused: 'refused, nothing was done',
  failed: 'failed',
  unknown: 'nobody knows whether it took effect',
});

/** Our own tools that change nothing, according to their annotations. */
const READING = new Set([
  'balance', 'block', 'brave_search', 'call', 'code', 'code_size', 'decode_function_call', 'encode_function_call',
  'erc20_balance', 'get_account_transactions', 'get_contract_abi', 'get_current_time', 'get_swap_price', 'get_swap_quote',
  'list_networks', 'search_uniswap_docs', 'simulate', 'tx',
]);

/** Whether the call certainly has not changed anything; for an unknown tool this is unknown. @param {string | undefined} tool */
export function onlyReads(tool) {
  return READING.has(tool ?? '');
}

/** A tool's name for people; an unknown tool keeps its own name in words. @param {string | undefined} tool */
export function toolTitle(tool) {
  const known = Object.hasOwn(TITLES, tool ?? '') ? TITLES[tool ?? ''] : undefined;
  if (known) return known;
  const words = withVisibleControls((tool || 'tool').replace(/[_\-.:/]+/g, ' ').trim());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A tool's call or result as it is read out. @param {ShownMessage} message */
export function toolInWords({ kind, content, tool }) {
  const title = toolTitle(tool?.name);
  const words = kind === 'tool_call' ? callInWords(tool?.name ?? '', tool?.arguments) : resultSpoken(content, tool?.outcome);
  return words ? `${title}: ${words}.` : `${title}.`;
}

/** @param {string} content @param {string | null | undefined} outcome */
function resultSpoken(content, outcome) {
  const end = ENDS[outcome ?? 'success'] ?? 'has ended';
  const words = outcome === 'success' ? resultInWords(content) : '';
  return words || end;
}

/** @param {string} tool @param {Arguments | null | undefined} args */
export function callInWords(tool, args) {
  if (!args) return '';
  const sentence = Object.hasOwn(SENTENCES, tool) ? SENTENCES[tool] : undefined;
  const words = sentence ? sentence(args) : Object.values(args).map(name).filter(Boolean).join(' · ');
  return shortened(withVisibleTricks(words));
}

/** The most important part of a result, if it is JSON of a known form. @param {string} content */
export function resultInWords(content) {
  return withVisibleTricks(mainPartOf(content));
}

/** @param {string} content */
function mainPartOf(content) {
  const result = parsedObject(content);
  if (!result) return content.length <= 40 && !content.includes('\n') ? content : '';
  const currency = typeof result.currency === 'string' ? result.currency : ETHER;
  if (typeof result.formatted === 'string') return shortened(`${groupedNumber(result.formatted)} ${name(result.symbol)}`);
  if (isWei(result.wei)) return amountForLine(result.wei, currency);
  if (typeof result.error === 'string') return shortened(result.error);
  if (typeof result.success === 'boolean') return result.success ? 'would succeed' : 'would fail';
  if (result.status === 'success' && typeof result.block_number === 'number') return `in block ${result.block_number.toLocaleString('en')}`;
  if (typeof result.status === 'string') return result.status;
  if (typeof result.utc === 'string') return result.utc.replace('T', ' ').replace('+00:00', ' UTC');
  if (typeof result.number === 'number') return `block ${result.number.toLocaleString('en')}`;
  return '';
}

/** Why a call did not do what it was asked: the error of a JSON result, or the result's text. @param {string} content */
export function reasonInWords(content) {
  const error = parsedObject(content)?.error;
  return shortened(withVisibleControls(typeof error === 'string' ? error : content));
}

/** @param {string} content @returns {Record<string, unknown> | null} */
export function parsedObject(content) {
  if (!content.startsWith('{')) return null;
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}

/** Shows every character that would otherwise be invisible or rearrange the text around it. @param {string} text */
export function withVisibleControls(text) {
  return text
    .replace(STACKED, inHex)
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replace(HIDDEN, inHex);
}

/**
 * Text that somebody wrote: marks that change the direction or hide words in it are shown. Marks that scripts need
 * to join letters, and to mark a direction without changing it, stay.
 * @param {string} text
 */
export function withVisibleTricks(text) {
  return text.replace(STACKED, inHex).replace(HIDDEN_IN_WRITING, inHex);
}

/** @param {string} hidden one character */
function inHex(hidden) {
  return `⟨U+${(hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** @param {unknown} value @param {string} [coin] */
function amount(value, coin = ETHER) {
  if (isWei(value)) return readableAmount(value, coin);
  return value === undefined ? '' : String(value);
}

/** @param {unknown} value */
function name(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  return /^0x[0-9a-fA-F]+$/.test(String(value)) ? shortHex(String(value)) : String(value);
}

/** @param {string} text */
function shortened(text) {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
