import type { ClientFrame, ServerFrame } from './frames.js';
import type { HttpApi } from './http.js';
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'disconnected';
export type TransportOptions = {
    api: HttpApi;
    sessionId: string;
    /**
     * failures in a row until the status becomes `disconnected`
     */
    reconnectAttempts: number;
    /**
     * milliseconds; grows with each failure
     */
    reconnectDelay: number;
    onFrame: (frame: ServerFrame) => void;
    /**
     * called when the link is open and the client must catch up
     */
    onOpen: () => void;
    onStatus: (status: ConnectionStatus) => void;
    /**
     * whether a run is in progress, so that silence is suspicious
     */
    isBusy: () => boolean;
};
/**
 * @typedef {object} TransportOptions
 * @property {HttpApi} api
 * @property {string} sessionId
 * @property {number} reconnectAttempts failures in a row until the status becomes `disconnected`
 * @property {number} reconnectDelay milliseconds; grows with each failure
 * @property {(frame: ServerFrame) => void} onFrame
 * @property {() => void} onOpen called when the link is open and the client must catch up
 * @property {(status: ConnectionStatus) => void} onStatus
 * @property {() => boolean} isBusy whether a run is in progress, so that silence is suspicious
 */
export declare class Transport {
    #private;
    options: TransportOptions;
    stopWatching: () => void;
    /** @type {ConnectionStatus} */
    status: ConnectionStatus;
    /** @param {TransportOptions} options */
    constructor(options: TransportOptions);
    start(): void;
    stop(): void;
    /** Whether the link can send a `sync`. */
    get canAsk(): boolean;
    /** @param {ClientFrame} frame */
    send(frame: ClientFrame): boolean;
}
