import { Elapsed } from './elapsed.js';
import type { Accepted } from './http.js';
import type { OutgoingMessage } from './outbox.js';
export type Sending = {
    withdrawn: AbortSignal;
    waited: Elapsed;
    letPass: () => void;
};
/**
 * `withdrawn`: nobody wants it sent any more. `waited`: since the person wrote it or asked for another try. `letPass`:
 * told when the messages behind this one need not wait for it any longer.
 * @typedef {{ withdrawn: AbortSignal, waited: Elapsed, letPass: () => void }} Sending
 */
export declare class Delivery {
    #private;
    retryDelay: number;
    request: (message: OutgoingMessage) => Promise<Accepted>;
    /** @param {number} retryDelay milliseconds @param {(message: OutgoingMessage) => Promise<Accepted>} request */
    constructor(retryDelay: number, request: (message: OutgoingMessage) => Promise<Accepted>);
    /** The server can be reached again, so what got no answer is sent at once. */
    hurry(): void;
    /** @param {OutgoingMessage} message @param {Sending} sending @returns {Promise<Accepted | null>} null: it was withdrawn */
    post(message: OutgoingMessage, { withdrawn, waited, letPass }: Sending): Promise<Accepted | null>;
}
/** Whether a message from before a reload is sent without being asked for. @param {OutgoingMessage} message */
export declare function isSentByItself(message: OutgoingMessage): boolean;
