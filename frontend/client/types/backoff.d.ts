/**
 * @param {number} failures attempts that have failed in a row, from 1
 * @param {number} base milliseconds
 * @param {() => number} [random]
 */
export declare function backoff(failures: number, base: number, random?: () => number): number;
