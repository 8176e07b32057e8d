import type { PublicMessage, TextFrame } from './frames.js';
export type Piece = {
    offset: number;
    text: string;
};
export type Entry = {
    message: PublicMessage;
    text: string;
    length: number;
    wanted: number;
    pieces: ReadonlyArray<Piece>;
    attempt: number;
    ended: boolean;
    preview: string;
};
/** @typedef {{ offset: number, text: string }} Piece text from an offset in code points */
/**
 * `length` of the `wanted` code points are held in `text`; `pieces` are for later, beyond a gap: the server's answer
 * to `sync` may be older than what it has pushed, so they are needed when the gap closes. `attempt` is 0 once the
 * message has ended; `preview` is text seen while it streamed that is longer than what has been repeated since.
 * @typedef {object} Entry
 * @property {PublicMessage} message
 * @property {string} text
 * @property {number} length
 * @property {number} wanted
 * @property {ReadonlyArray<Piece>} pieces
 * @property {number} attempt
 * @property {boolean} ended
 * @property {string} preview
 */
/** The text to show: an ended message never gets shorter while the rest of it is on its way. @param {Entry} entry */
export declare function displayText(entry: Entry): string;
/** @param {Entry | undefined} entry */
export declare function isWhole(entry: Entry | undefined): boolean;
/**
 * @param {Entry | undefined} held
 * @param {Pick<TextFrame, 'seq' | 'attempt' | 'offset' | 'text'>} frame
 * @returns {Entry | undefined} `held` itself when the frame brings nothing
 */
export declare function withText(held: Entry | undefined, frame: Pick<TextFrame, 'seq' | 'attempt' | 'offset' | 'text'>): Entry | undefined;
/** @param {Entry | undefined} held @param {PublicMessage} message @returns {Entry} */
export declare function withEnd(held: Entry | undefined, message: PublicMessage): Entry;
