// Converts a wallet's answers, whatever their form, to typed values. No code here calls a wallet.

import { counted } from './amounts.js';
import { withVisibleControls } from './tool_words.js';
import { CODE_KEYS, ERROR_ROWS, HASH_KEYS, INNER_ERROR_KEYS, MEANT_ANYWHERE, NOT_SENT, SUCCESS_CODES } from './wallet_dialects.js';

/** @import { ErrorMeaning } from './wallet_dialects.js' */

/**
 * How sending one transaction ended. `declined` and `not_sent` are certain; after `unknown` money may have moved.
 * @typedef {{ kind: 'sent', hash: string } | { kind: 'declined' } | { kind: 'not_sent', problem: string } | { kind: 'unknown', problem: string }} SendOutcome
 */

const DEEPEST = 5;
const WORDS_LENGTH = 300;
const NAME_LENGTH = 60;
const ICON = /^data:image\/(?:png|webp|svg\+xml|jpeg|gif)[;,]/;
const HASH = /^\s*(?:0x)?([0-9a-f]{64})\s*$/i;
const ACCOUNT = /^(?:eip155:\d+:)?0x([0-9a-f]{40})$/i;
const UNKNOWN_CODE = 'Your wallet answered with a code that is not known here. It may have been sent.';
const MEANINGS = new Map(ERROR_ROWS.map(({ code, means }) => [code, means]));

/** @param {unknown} answer what `eth_sendTransaction` resolved to @returns {SendOutcome} */
export function sendOutcome(answer) {
  const hash = hashIn(answer);
  if (isErrorAnswer(answer)) {
    const outcome = failedSendOutcome(answer);
    return outcome.kind === 'unknown' && hash && meaningOf(answer) === null ? { ...outcome, problem: UNKNOWN_CODE } : outcome;
  }
  if (hash) return { kind: 'sent', hash };
  return { kind: 'unknown', problem: `Your wallet answered ${described(answer)} instead of a transaction’s hash.` };
}

/** Some wallets answer with an error instead of rejecting. What its `data` holds is then no transaction's hash. @param {unknown} answer */
function isErrorAnswer(answer) {
  const error = read(answer, 'error') ?? answer;
  const code = codeText(read(error, 'code'));
  return MEANINGS.has(code) || (code !== '' && !SUCCESS_CODES.includes(code) && typeof read(error, 'message') === 'string');
}

/** @param {unknown} error what `eth_sendTransaction` was rejected with @returns {SendOutcome} */
export function failedSendOutcome(error) {
  const hash = hashInError(error);
  if (hash) return { kind: 'sent', hash };
  const meaning = meaningOf(error);
  if (meaning === 'declined') return { kind: 'declined' };
  if (NOT_SENT.includes(meaning)) return { kind: 'not_sent', problem: problemOf(error) };
  return { kind: 'unknown', problem: `Your wallet reported a problem: ${problemOf(error)}` };
}

/** @param {unknown} error @returns {ErrorMeaning | null} what its codes mean */
export function meaningOf(error) {
  const inside = errorsIn(error).map(ownMeaning);
  return MEANT_ANYWHERE.find((meaning) => inside.includes(meaning)) ?? ownMeaning(error);
}

/** @param {unknown} error @returns {ErrorMeaning | null} */
function ownMeaning(error) {
  for (const key of CODE_KEYS) {
    const meaning = MEANINGS.get(codeText(read(error, key)));
    if (meaning) return meaning;
  }
  return null;
}

/** The text about a wallet's error for a person; the wallet's own words, with their hidden characters shown, if the meaning is unknown. @param {unknown} error @returns {string} */
export function problemOf(error) {
  if (meaningOf(error) === 'declined') return 'You declined in your wallet.';
  if (meaningOf(error) === 'pending') return 'Your wallet has a request open already. Open your wallet, answer it there, and try again.';
  const words = [error, ...errorsIn(error).map((each) => read(each, 'message'))].find((each) => typeof each === 'string' && each.trim());
  return words ? withVisibleControls(String(words).slice(0, WORDS_LENGTH)) : 'The wallet refused without saying why.';
}

/** A chain's id as wallets write it: `0x1`, `0x01`, `1`, `eip155:1` (CAIP-2) or a number; null for anything else. @param {unknown} answer @returns {number | null} */
export function chainIdIn(answer) {
  const value = typeof answer === 'object' && answer !== null ? (read(answer, 'chainId') ?? read(answer, 'result')) : answer;
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return null;
  const text = String(value).trim().replace(/^eip155:/i, '');
  const number = /^(?:0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) && number > 0 ? number : null;
}

/** Addresses alone, with their chain before them (CAIP-10), or as objects. @param {unknown} answer @returns {string[]} the accounts that a wallet names */
export function accountsIn(answer) {
  const list = isList(answer) ? answer : (read(answer, 'accounts') ?? read(answer, 'result') ?? [answer]);
  if (!isList(list)) return [];
  return list.flatMap((each) => {
    const named = read(each, 'address') ?? each;
    const found = typeof named === 'string' ? ACCOUNT.exec(named.trim()) : null;
    return found ? [`0x${found[1]}`] : [];
  });
}

/** What a wallet says of itself when it announces itself (EIP-6963), in one line and with its hidden characters shown. @param {unknown} info @returns {{ id: string, name: string, icon?: string, maker?: string, uuid?: string }} */
export function announcedIn(info) {
  const text = (/** @type {string} */ key) => [read(info, key)].find((each) => typeof each === 'string')?.trim() ?? '';
  const line = (/** @type {string} */ words) => [...withVisibleControls(words.replace(/\s+/g, ' '))].slice(0, NAME_LENGTH).join('');
  const [name, maker, icon, uuid] = [line(text('name')), line(text('rdns')), text('icon'), text('uuid')];
  return { id: text('rdns') || name || 'announced', name: name || 'Wallet', ...(ICON.test(icon) && { icon }), ...(maker && { maker }), ...(uuid && { uuid }) };
}

/** @param {unknown} answer @returns {string | null} */
function hashIn(answer, depth = 0) {
  if (typeof answer === 'string') {
    const found = HASH.exec(answer);
    return found ? `0x${found[1]}` : null;
  }
  if (typeof answer !== 'object' || answer === null || depth >= DEEPEST) return null;
  if (isList(answer)) return answer.length === 1 ? hashIn(answer[0], depth + 1) : null;
  for (const key of HASH_KEYS) {
    const found = hashIn(read(answer, key), depth + 1);
    if (found) return found;
  }
  return null;
}

/** Some libraries throw an error that names the transaction, although it is on its way. @param {unknown} error @returns {string | null} */
function hashInError(error) {
  const holders = errorsIn(error).flatMap((each) => [each, read(each, 'receipt'), read(each, 'transaction')]);
  const named = holders.flatMap((each) => [read(each, 'transactionHash'), read(each, 'hash')]);
  return named.map((each) => (typeof each === 'string' ? hashIn(each) : null)).find(Boolean) ?? null;
}

/** The error and every error inside it. @param {unknown} error @returns {object[]} */
function errorsIn(error, depth = 0) {
  if (isList(error)) return depth < DEEPEST ? error.flatMap((each) => errorsIn(each, depth + 1)) : [];
  if (typeof error !== 'object' || error === null || depth >= DEEPEST) return [];
  return [error, ...INNER_ERROR_KEYS.flatMap((key) => errorsIn(read(error, key), depth + 1))];
}

/** @param {unknown} code */
function codeText(code) {
  return typeof code === 'number' || typeof code === 'string' || typeof code === 'bigint' ? String(code).trim() : '';
}

/** A field of any value; a getter that throws counts as absent. @param {unknown} value @param {string} key @returns {unknown} */
export function read(value, key) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  try {
    return /** @type {Record<string, unknown>} */ (value)[key];
  } catch {
    return undefined;
  }
}

/** A proxy that its wallet has revoked is no list; the language's own check throws. @param {unknown} value @returns {value is unknown[]} */
function isList(value) {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** @param {unknown} answer */
function described(answer) {
  if (answer === null || answer === undefined) return 'nothing';
  if (typeof answer === 'string') return answer.startsWith('0x') ? counted((answer.length - 2) / 2, 'byte') : 'a text';
  return isList(answer) ? 'a list' : typeof answer === 'object' ? 'an object' : `a ${typeof answer}`;
}
