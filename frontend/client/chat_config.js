// The settings of the client, and the events that it reports.

import { fitText } from './code_points.js';

/** @import { PublicApproval } from './frames.js' */
/** @import { ShownMessage, ChatState } from './snapshot.js' */
/** @import { ConnectionStatus } from './transport.js' */

/** The server's limit for one message, in bytes of UTF-8: `MESSAGE_BYTES_LIMIT` of `forge.models.session`. */
export const MAX_MESSAGE_BYTES = 16_000;

export const DEFAULTS = { maxMessageLength: 2000, reconnectAttempts: 5, reconnectDelay: 3000 };

const encoder = new TextEncoder();

/** @param {string} text */
export function byteLength(text) {
  return encoder.encode(text).length;
}

/** Returns why a message cannot be sent; empty if it can. @param {string} written @param {number} maxMessageLength */
export function messageProblem(written, maxMessageLength) {
  const text = fitText(written);
  if (!text.trim()) return 'The message is empty.';
  const length = [...text].length;
  if (length > maxMessageLength) return `The message has ${length} characters; at most ${maxMessageLength} are possible.`;
  const bytes = byteLength(text);
  return bytes > MAX_MESSAGE_BYTES ? `The message has ${bytes} bytes; the server takes ${MAX_MESSAGE_BYTES}.` : '';
}

/**
 * The server's address without a slash at its end. A path alone, or an empty address, is completed by the page's origin.
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
 * `maxMessageLength` in characters: this client's own limit, in addition to the server's limit `MAX_MESSAGE_BYTES`.
 * If `backendUrl` is empty, the page's own origin is used. `reconnectAttempts`: failures until the status is `disconnected`
 * (reconnecting continues, slowly); `reconnectDelay` in milliseconds. Without a `sessionId` the client keeps one in the
 * browser. `accessToken` is needed where the server requires one.
 * @typedef {object} ChatConfig
 * @property {string} backendUrl
 * @property {number} [maxMessageLength]
 * @property {number} [reconnectAttempts]
 * @property {number} [reconnectDelay]
 * @property {string} [sessionId]
 * @property {() => Promise<string | null>} [accessToken]
 * @property {() => void} [unauthorized] called when a request was refused because of its token
 * @property {Storage} [storage] keeps the session's id and the messages that are not confirmed yet
 */

/**
 * @typedef {object} ChatHandlers
 * @property {(messages: ShownMessage[]) => void} [onMessage]
 * @property {(status: ConnectionStatus) => void} [onConnectionChange]
 * @property {(error: Error) => void} [onError]
 * @property {(isTyping: boolean) => void} [onTypingChange]
 * @property {(transaction: unknown, approval: PublicApproval) => void} [onWalletTransactionRequest] called once for each request, for the next one when the one before is answered
 * @property {(state: ChatState) => void} [onState] called after every change
 */
