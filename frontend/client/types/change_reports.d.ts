import type { ChatHandlers } from './chat_config.js';
import type { ChatState } from './snapshot.js';
/** @import { ChatHandlers } from './chat_config.js' */
/** @import { PublicApproval } from './frames.js' */
/** @import { ChatState } from './snapshot.js' */
export declare class ChangeReports {
    #private;
    handlers: ChatHandlers;
    /** @type {string | undefined} the id of the wallet request that was reported last in this conversation */
    lastRequest: string | undefined;
    /** @param {ChatHandlers} handlers */
    constructor(handlers: ChatHandlers);
    /** @param {ChatState} before @param {ChatState} now */
    tell(before: ChatState, now: ChatState): void;
}
