import { Elapsed } from './elapsed.js';
import type { ClientFrame, ServerFrame } from './frames.js';
export type LinkEvents = {
    opened: () => void;
    frame: (frame: ServerFrame) => void;
    closed: (wasOpen: boolean) => void;
};
/**
 * `closed` is called once; its argument tells whether the socket had been open.
 * @typedef {object} LinkEvents
 * @property {() => void} opened
 * @property {(frame: ServerFrame) => void} frame
 * @property {(wasOpen: boolean) => void} closed
 */
export declare class Socket {
    #private;
    events: LinkEvents;
    silence: Elapsed;
    socket: WebSocket | null;
    /** @param {string} url @param {LinkEvents} events @param {typeof globalThis.WebSocket} [WebSocket] */
    constructor(url: string, events: LinkEvents, WebSocket?: typeof globalThis.WebSocket);
    /** Node 20 has no WebSocket of its own, and a host may remove the browser's. */
    static isPossible(): boolean;
    get isOpen(): boolean;
    /** @param {ClientFrame} frame @param {number} answerWithin milliseconds until the socket counts as dead */
    send(frame: ClientFrame, answerWithin: number): boolean;
    /** Any frame counts as an answer. @param {number} milliseconds */
    expectAnswer(milliseconds: number): void;
    /** Close without a call of `closed`. */
    close(): void;
}
