// What a user of the client sets, and what it hears.

import { fitText } from './code_points.js';

/** @import { ShownMessage, ChatState } from './snapshot.js' */
/** @import { ConnectionStatus } from './transport.js' */

/** What the server takes in one message, in bytes of UTF-8: `MESSAGE_BYTES_LIMIT` of `forge.models.session`. */
export const MAX_MESSAGE_BYTES = 16_000;

export const DEFAULTS = { maxMessageLength: 2000, reconnectAttempts: 5, reconnectDelay: 3000 };

const encoder = new TextEncoder();

/** @param {string} text */
export function byteLength(text) {
  return encoder.encode(text).length;
}

/** Why a message cannot be sent; empty when it can. @param {string} written @param {number} maxMessageLength */
export function messageProblem(written, maxMessageLength) {
  const text = fitText(written);
  if (!text.trim()) return 'The message is empty.';
  const length = [...text].length;
  if (length > maxMessageLength) return `The message has ${length} characters; at most ${maxMessageLength} are possible.`;
  const bytes = byteLength(text);
  return bytes > MAX_MESSAGE_BYTES ? `The message has ${bytes} bytes; the server takes ${MAX_MESSAGE_BYTES}.` : '';
}

/**
 * The server's address without a slash at its end. A path alone, or nothing, needs a page whose origin completes it.
 * @param {string} backendUrl
 */
export function checkedUrl(backendUrl) {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  if (typeof backendUrl !== 'string' || !isHttp(backendUrl, base)) {
    const relative = base ? ", or '' for the page's own origin" : '';
    throw new TypeError(`backendUrl must be an http:// or https:// URL${relative}; it is ${JSON.stringify(backendUrl)}.`);
  }
  return backendUrl.replace(/\/+$/, '');
}

/** @param {string} address @param {string} [base] */
function isHttp(address, base) {
  try {
    return ['http:', 'https:'].includes(new URL(address, base).protocol);
  } catch {
    return false;
  }
}

/**
 * `maxMessageLength` in characters: this client's own limit, beside the server's of `MAX_MESSAGE_BYTES`.
 * `backendUrl` empty: the page's own origin. `reconnectAttempts`: failures until the status is `disconnected`
 * (redials go on, slowly); `reconnectDelay` in milliseconds. Without a `sessionId` the client keeps one in the browser.
 * `accessToken` where the server demands one.
 * @typedef {object} ChatConfig
 * @property {string} backendUrl
 * @property {number} [maxMessageLength]
 * @property {number} [reconnectAttempts]
 * @property {number} [reconnectDelay]
 * @property {string} [sessionId]
 * @property {() => Promise<string | null>} [accessToken]
 * @property {() => void} [unauthorized] a request was refused for its token
 * @property {Storage} [storage] keeps the session's id and what is not confirmed yet
 */

/**
 * @typedef {object} ChatHandlers
 * @property {(messages: ShownMessage[]) => void} [onMessage]
 * @property {(status: ConnectionStatus) => void} [onConnectionChange]
 * @property {(error: Error) => void} [onError]
 * @property {(isTyping: boolean) => void} [onTypingChange]
 * @property {(transaction: unknown) => void} [onWalletTransactionRequest] once per request
 * @property {(state: ChatState) => void} [onState] after every change
 */
