import type { ApprovalReply, ClaimRequest, CommandResult, Receipt, SessionSummary, State } from './frames.js';
export declare class RequestError extends Error {
    status: number;
    title: string;
    retryAfter: number | undefined;
    /**
     * `status` 0: no answer came. `retryAfter` in milliseconds, if the server named a time.
     * @param {{ status: number, title: string, detail: string, retryAfter?: number }} problem
     */
    constructor({ status, title, detail, retryAfter }: {
        status: number;
        title: string;
        detail: string;
        retryAfter?: number;
    });
    /** Whether the same request may succeed later. */
    get isTransient(): boolean;
}
export type HttpOptions = {
    /**
     * without a slash at the end; empty: the page's own origin
     */
    backendUrl: string;
    accessToken?: () => Promise<string | null>;
    unauthorized?: () => void;
    fetch?: typeof globalThis.fetch;
};
export type Accepted = State & {
    run_id: string | null;
};
export type RequestOptions = {
    body?: unknown;
    idempotencyKey?: string;
    isMinimal?: boolean;
    timeout?: number;
};
/**
 * `unauthorized` is called for each request that was refused because of its token.
 * @typedef {object} HttpOptions
 * @property {string} backendUrl without a slash at the end; empty: the page's own origin
 * @property {() => Promise<string | null>} [accessToken]
 * @property {() => void} [unauthorized]
 * @property {typeof globalThis.fetch} [fetch]
 */
/** The state after a message was accepted, with its run's id. @typedef {State & { run_id: string | null }} Accepted */
/** @typedef {{ body?: unknown, idempotencyKey?: string, isMinimal?: boolean, timeout?: number }} RequestOptions */
export declare class HttpApi {
    #private;
    backendUrl: string;
    accessToken: (() => Promise<string | null>) | undefined;
    unauthorized: (() => void) | undefined;
    fetch: typeof fetch;
    /** Milliseconds by which the server's clock is ahead of this one. */
    clockAhead: number;
    /** @param {HttpOptions} options */
    constructor({ backendUrl, accessToken, unauthorized, fetch }: HttpOptions);
    /**
     * @param {string} sessionId
     * @param {string} message
     * @param {string} idempotencyKey the same key means the same message, however often it is sent
     * @param {string} [ifBusy]
     * @returns {Promise<Accepted>} without messages, which come over the link
     */
    chat(sessionId: string, message: string, idempotencyKey: string, ifBusy?: string): Promise<Accepted>;
    /**
     * @param {string} sessionId
     * @param {string} message
     * @param {string} idempotencyKey
     * @param {ApprovalReply} [approval]
     * @returns {Promise<Accepted>}
     */
    system(sessionId: string, message: string, idempotencyKey: string, approval?: ApprovalReply): Promise<Accepted>;
    /** Claim a wallet request for one wallet. @param {string} sessionId @param {ClaimRequest} claim @returns {Promise<State>} */
    claim(sessionId: string, claim: ClaimRequest): Promise<State>;
    /** @param {string} sessionId @returns {Promise<State>} */
    state(sessionId: string): Promise<State>;
    /** Finished messages before number `before`. @param {string} sessionId @param {number} before @param {number} limit @returns {Promise<State>} */
    older(sessionId: string, before: number, limit: number): Promise<State>;
    /** @param {string} sessionId @param {string} [runId] @returns {Promise<State>} */
    interrupt(sessionId: string, runId?: string): Promise<State>;
    /**
     * @param {string} sessionId
     * @param {string} command
     * @param {Record<string, unknown>} [args]
     * @returns {Promise<CommandResult>}
     */
    command(sessionId: string, command: string, args?: Record<string, unknown>): Promise<CommandResult>;
    /** @param {string[]} ids @returns {Promise<SessionSummary[]>} */
    sessions(ids: string[]): Promise<SessionSummary[]>;
    /** A page of the sessions of the person who is logged in, newest first. @param {string} [after] `next` of the page before @returns {Promise<{ sessions: SessionSummary[], next: string | null }>} */
    ownSessions(after?: string): Promise<{
        sessions: SessionSummary[];
        next: string | null;
    }>;
    /** Take over a session that was opened without a login. @param {string} sessionId @returns {Promise<State>} under its new id */
    adopt(sessionId: string): Promise<State>;
    /** Delete everything of the person who is logged in; the same key continues the deletion until it is complete. @param {string} idempotencyKey @returns {Promise<Receipt>} */
    deleteAccount(idempotencyKey: string): Promise<Receipt>;
    /** @param {string} sessionId @param {string} title */
    rename(sessionId: string, title: string): Promise<any>;
    /** @param {string} sessionId @returns {Promise<Receipt>} what was deleted, and what stays */
    delete(sessionId: string): Promise<Receipt>;
    /**
     * A single-use ticket for the session's WebSocket. `opens_for`: seconds until the opened connection ends with its token.
     * @param {string} sessionId
     * @returns {Promise<{ ticket: string, opens_for?: number | null }>}
     */
    ticket(sessionId: string): Promise<{
        ticket: string;
        opens_for?: number | null;
    }>;
    /** @returns {Promise<Record<string, string>>} */
    authorization(): Promise<Record<string, string>>;
}
