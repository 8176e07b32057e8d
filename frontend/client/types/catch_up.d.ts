import type { Conversation } from './conversation.js';
export declare class CatchUp {
    #private;
    options: {
        conversation: () => Conversation;
        ask: () => void;
    };
    /** @param {{ conversation: () => Conversation, ask: () => void }} options */
    constructor(options: {
        conversation: () => Conversation;
        ask: () => void;
    });
    /** Check the conversation again, because a frame has come or the link has opened. */
    look(): void;
    stop(): void;
}
