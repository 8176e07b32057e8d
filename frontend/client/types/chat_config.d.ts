import type { ShownMessage, ChatState } from './snapshot.js';
import type { ConnectionStatus } from './transport.js';
/** @import { ShownMessage, ChatState } from './snapshot.js' */
/** @import { ConnectionStatus } from './transport.js' */
/** What the server takes in one message, in bytes of UTF-8: `MESSAGE_BYTES_LIMIT` of `forge.models.session`. */
export declare const MAX_MESSAGE_BYTES = 16000;
export declare const DEFAULTS: {
    maxMessageLength: number;
    reconnectAttempts: number;
    reconnectDelay: number;
};
/** @param {string} text */
export declare function byteLength(text: string): number;
/** Why a message cannot be sent; empty when it can. @param {string} written @param {number} maxMessageLength */
export declare function messageProblem(written: string, maxMessageLength: number): string;
/**
 * The server's address without a slash at its end. A path alone, or nothing, needs a page whose origin completes it.
 * @param {string} backendUrl
 */
export declare function checkedUrl(backendUrl: string): string;
export type ChatConfig = {
    backendUrl: string;
    maxMessageLength?: number;
    reconnectAttempts?: number;
    reconnectDelay?: number;
    sessionId?: string;
    accessToken?: () => Promise<string | null>;
    /**
     * a request was refused for its token
     */
    unauthorized?: () => void;
    /**
     * keeps the session's id and what is not confirmed yet
     */
    storage?: Storage;
};
export type ChatHandlers = {
    onMessage?: (messages: ShownMessage[]) => void;
    onConnectionChange?: (status: ConnectionStatus) => void;
    onError?: (error: Error) => void;
    onTypingChange?: (isTyping: boolean) => void;
    /**
     * once per request
     */
    onWalletTransactionRequest?: (transaction: unknown) => void;
    /**
     * after every change
     */
    onState?: (state: ChatState) => void;
};
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
