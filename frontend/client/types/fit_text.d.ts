/** @param {string} text */
export declare function fitText(text: string): string;
