import type { Conversation } from './conversation.js';
import type { Hot, PublicApproval, PublicAsk, PublicMessage, QueuedMessage, PublicRun } from './frames.js';
import type { OutgoingMessage } from './outbox.js';
import type { ConnectionStatus } from './transport.js';
export type ShownMessage = PublicMessage & {
    seq: number;
    is_streaming: boolean;
};
export type ChatState = {
    sessionId: string;
    connectionStatus: ConnectionStatus;
    /**
     * by sequence number; an unchanged message stays the same object
     */
    messages: ShownMessage[];
    /**
     * whether the server has sent anything about this conversation yet
     */
    isLoaded: boolean;
    /**
     * whether there are messages before the first one here; `loadOlder` loads them
     */
    hasOlder: boolean;
    /**
     * whether every finished message is held completely
     */
    isCaughtUp: boolean;
    isExpired: boolean;
    isTyping: boolean;
    isProcessing: boolean;
    /**
     * whether `interrupt` has anything to stop: a run, or a message that is being sent
     */
    isStoppable: boolean;
    activeRun: PublicRun | null;
    queued: QueuedMessage[];
    /**
     * not confirmed by the server yet, or failed
     */
    outgoing: OutgoingMessage[];
    approvals: PublicApproval[];
    /**
     * tool calls that wait for the person's decision
     */
    asks: PublicAsk[];
    pendingWalletTx: unknown;
    hot: Hot | null;
};
/** The request that `pendingWalletTx` stands for, and that an answer without an id is for. @param {PublicApproval[]} approvals @returns {PublicApproval | undefined} */
export declare function firstUnanswered(approvals: PublicApproval[]): PublicApproval | undefined;
/**
 * @param {Conversation} conversation
 * @param {OutgoingMessage[]} outgoing
 * @param {ConnectionStatus} connectionStatus
 * @param {string} [hidden] the id of a wallet request that is not offered as the pending one
 * @returns {ChatState}
 */
export declare function snapshot(conversation: Conversation, outgoing: OutgoingMessage[], connectionStatus: ConnectionStatus, hidden?: string): ChatState;
