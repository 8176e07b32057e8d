/** @param {string} text */
export declare function codePointLength(text: string): number;
/**
 * Returns `text` without its first `count` code points.
 * @param {string} text
 * @param {number} count
 */
export declare function dropCodePoints(text: string, count: number): string;
/** @param {string} text */
export declare function fitText(text: string): string;
