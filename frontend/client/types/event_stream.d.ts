import { Elapsed } from './elapsed.js';
import type { LinkEvents } from './socket.js';
export declare class EventStream {
    #private;
    events: LinkEvents;
    silence: Elapsed;
    isOpen: boolean;
    /**
     * @param {string} url
     * @param {LinkEvents} events
     * @param {{ fetch: typeof globalThis.fetch, headers: Record<string, string> }} options
     */
    constructor(url: string, events: LinkEvents, { fetch, headers }: {
        fetch: typeof globalThis.fetch;
        headers: Record<string, string>;
    });
    /** A stream cannot send frames; each of its events is the whole state. */
    send(): boolean;
    close(): void;
}
