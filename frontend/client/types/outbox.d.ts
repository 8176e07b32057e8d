import type { ApprovalReply, State } from './frames.js';
import type { HttpApi } from './http.js';
export type OutgoingMessage = {
    key: string;
    sessionId: string;
    kind: 'chat' | 'system';
    text: string;
    approval?: ApprovalReply;
    since: number;
    at: number;
    status: 'sending' | 'failed';
    problem?: string;
};
export type OutboxOptions = {
    api: HttpApi;
    storage: Storage;
    retryDelay: number;
    onChange: () => void;
    onConfirmed: (state: State) => void;
};
/**
 * `since`: the number of messages in the conversation when this one was written.
 * @typedef {object} OutgoingMessage
 * @property {string} key
 * @property {string} sessionId
 * @property {'chat' | 'system'} kind
 * @property {string} text
 * @property {ApprovalReply} [approval]
 * @property {number} since
 * @property {number} at
 * @property {'sending' | 'failed'} status
 * @property {string} [problem]
 */
/**
 * @typedef {object} OutboxOptions
 * @property {HttpApi} api
 * @property {Storage} storage
 * @property {number} retryDelay
 * @property {() => void} onChange
 * @property {(state: State) => void} onConfirmed
 */
export declare class Outbox {
    #private;
    options: OutboxOptions;
    /** @param {OutboxOptions} options */
    constructor(options: OutboxOptions);
    /** @param {string} sessionId */
    of(sessionId: string): OutgoingMessage[];
    /**
     * @param {Pick<OutgoingMessage, 'sessionId' | 'kind' | 'text' | 'approval' | 'since'>} draft
     * @returns {Promise<boolean>} whether the server has accepted it
     */
    add(draft: Pick<OutgoingMessage, 'sessionId' | 'kind' | 'text' | 'approval' | 'since'>): Promise<boolean>;
    /**
     * Stop sending a session's messages, which then can be sent again, changed or discarded. If the server has one of them
     * already, its run is stopped.
     * @param {string} sessionId
     * @returns {boolean} whether there were any
     */
    withdraw(sessionId: string): boolean;
    /** The server can be reached again. */
    hurry(): void;
    /** @param {string} key */
    retry(key: string): Promise<boolean>;
    /** @param {string} key */
    discard(key: string): void;
}
/** Whether this is a person's message that the server has not confirmed. @param {OutgoingMessage} message */
export declare function isBeingSent({ status, kind }: OutgoingMessage): boolean;
/** `crypto.randomUUID` exists only on secure origins. */
export declare function newKey(): string;
