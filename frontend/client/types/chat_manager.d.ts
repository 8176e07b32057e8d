import { CatchUp } from './catch_up.js';
import { HttpApi } from './http.js';
import { Outbox } from './outbox.js';
export { RequestError } from './http.js';
export { MemoryStorage } from './browser_storage.js';
import type { ChatConfig, ChatHandlers } from './chat_config.js';
import type { ApprovalReply, CommandResult, State } from './frames.js';
export declare class ChatManager {
    #private;
    config: {
        maxMessageLength: number;
        reconnectAttempts: number;
        reconnectDelay: number;
        backendUrl: string;
        sessionId?: string;
        accessToken?: () => Promise<string | null>;
        unauthorized?: () => void;
        storage?: Storage;
    };
    handlers: ChatHandlers;
    api: HttpApi;
    catchUp: CatchUp;
    outbox: Outbox;
    /** @param {ChatConfig} config @param {ChatHandlers} [handlers] */
    constructor(config: ChatConfig, handlers?: ChatHandlers);
    connect(): void;
    /** Does nothing without a link, so that a handler may call it too. */
    disconnect(): void;
    /** The same as `disconnect`: nothing keeps running. */
    stop(): void;
    getState(): import("./snapshot.js").ChatState;
    getSessionId(): string;
    /** Switch to another conversation. @param {string} sessionId */
    setSessionId(sessionId: string): void;
    /** @param {string} text @returns {Promise<boolean>} whether the server has accepted it */
    sendMessage(text: string): Promise<boolean>;
    /** Stop the run with this id; without an id, the run in progress, or else the queued runs and the messages that are being sent. @param {string} [runId] */
    interrupt(runId?: string): Promise<boolean>;
    /** @param {string} network */
    sendNetworkSwitchRequest(network: string): Promise<CommandResult>;
    /** Send a command that changes the session, then read the session again. @param {string} sessionId @param {string} name @param {Record<string, unknown>} args @returns {Promise<CommandResult>} */
    sendCommand(sessionId: string, name: string, args: Record<string, unknown>): Promise<CommandResult>;
    /** Tell the agent how a wallet request ended; without an id, the request that was reported last. @param {boolean} success @param {string} [transactionHash] @param {string} [reason] @param {string} [approvalId] */
    sendTransactionResult(success: boolean, transactionHash?: string, reason?: string, approvalId?: string): Promise<boolean>;
    /** Apply the state in the answer to a request of `api`. @param {Promise<State>} request */
    confirm(request: Promise<State>): Promise<void>;
    /** Report a wallet's answer. The report is kept and repeated until the server has it. @param {string} sessionId @param {ApprovalReply} approval @param {string} [text] */
    reportWallet(sessionId: string, approval: ApprovalReply, text?: string): Promise<boolean>;
    /** @param {string} text */
    sendSystemMessage(text: string): Promise<boolean>;
    /** Forget the wallet request in this client; the server keeps it until it is answered or expires. */
    clearPendingTransaction(): void;
    /** Load messages before the first one that is here. @returns {Promise<boolean>} whether some came */
    loadOlder(): Promise<boolean>;
}
