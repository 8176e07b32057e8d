import type { Accepted } from './http.js';
import type { OutgoingMessage } from './outbox.js';
export declare class Delivery {
    #private;
    retryDelay: number;
    request: (message: OutgoingMessage) => Promise<Accepted>;
    /** @param {number} retryDelay milliseconds @param {(message: OutgoingMessage) => Promise<Accepted>} request */
    constructor(retryDelay: number, request: (message: OutgoingMessage) => Promise<Accepted>);
    /** The server can be reached again, so what got no answer is sent at once. */
    hurry(): void;
    /** @param {OutgoingMessage} message @param {AbortSignal} withdrawn @returns {Promise<Accepted | null>} null: it was withdrawn */
    post(message: OutgoingMessage, withdrawn: AbortSignal): Promise<Accepted | null>;
}
/** Whether a message from before a reload is sent without being asked for. A wallet's answer always is: money may have moved, and the server has to know. @param {OutgoingMessage} message */
export declare function isSentByItself({ approval, status, at }: OutgoingMessage): boolean;
