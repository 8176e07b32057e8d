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
/** @typedef {{ offset: number, text: string }} Piece a text from an offset, which counts code points */
/**
 * `text` has `length` of the `wanted` code points. `pieces` lie beyond a gap; they are kept, because the server's answer
 * to `sync` may be older than the text that it has pushed. `attempt` is 0 once the message has ended. `preview` is
 * text that was shown while streaming and is longer than what has been sent again since.
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
/** The text to show. A finished message never becomes shorter while the rest of its text is on its way. @param {Entry} entry */
export declare function displayText(entry: Entry): string;
/** @param {Entry | undefined} entry */
export declare function isWhole(entry: Entry | undefined): boolean;
/**
 * @param {Entry | undefined} held
 * @param {Pick<TextFrame, 'seq' | 'attempt' | 'offset' | 'text'>} frame
 * @returns {Entry | undefined} `held` itself if the frame contains nothing new
 */
export declare function withText(held: Entry | undefined, frame: Pick<TextFrame, 'seq' | 'attempt' | 'offset' | 'text'>): Entry | undefined;
/** @param {Entry | undefined} held @param {PublicMessage} message @returns {Entry} */
export declare function withEnd(held: Entry | undefined, message: PublicMessage): Entry;
