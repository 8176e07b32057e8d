import type { PublicApproval } from './frames.js';
import type { ShownMessage, ChatState } from './snapshot.js';
import type { ConnectionStatus } from './transport.js';
/** @import { PublicApproval } from './frames.js' */
/** @import { ShownMessage, ChatState } from './snapshot.js' */
/** @import { ConnectionStatus } from './transport.js' */
/** The server's limit for one message, in bytes of UTF-8: `MESSAGE_BYTES_LIMIT` of `forge.models.session`. */
export declare const MAX_MESSAGE_BYTES = 16000;
export declare const DEFAULTS: {
    maxMessageLength: number;
    reconnectAttempts: number;
    reconnectDelay: number;
};
/** @param {string} text */
export declare function byteLength(text: string): number;
/** Returns why a message cannot be sent; empty if it can. @param {string} written @param {number} maxMessageLength */
export declare function messageProblem(written: string, maxMessageLength: number): string;
/**
 * The server's address without a slash at its end. A path alone, or an empty address, is completed by the page's origin.
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
     * called when a request was refused because of its token
     */
    unauthorized?: () => void;
    /**
     * keeps the session's id and the messages that are not confirmed yet
     */
    storage?: Storage;
};
export type ChatHandlers = {
    onMessage?: (messages: ShownMessage[]) => void;
    onConnectionChange?: (status: ConnectionStatus) => void;
    onError?: (error: Error) => void;
    onTypingChange?: (isTyping: boolean) => void;
    /**
     * called once for each request, for the next one when the one before is answered
     */
    onWalletTransactionRequest?: (transaction: unknown, approval: PublicApproval) => void;
    /**
     * called after every change
     */
    onState?: (state: ChatState) => void;
};
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
