// The direction of a block is that of its first letter. Code and chain data are the same in every language, so they do
// not decide it.

/** Letters of the Unicode blocks for scripts that are written from right to left, and the marks for that direction. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\u061c\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const LETTER = /[\p{L}\u200e\u200f\u061c]/u;
const SAME_EVERYWHERE = /`[^`]*`|https?:\/\/\S+|\]\([^)\s]*\)|0x[0-9a-fA-F]+|\[[ xX]\]/g;

/** @param {string} text @returns {'ltr' | 'rtl' | null} null: the text has no letter */
export function directionOf(text) {
  const first = LETTER.exec(text.replace(SAME_EVERYWHERE, ' '))?.[0];
  if (first === undefined) return null;
  return RIGHT_TO_LEFT.test(first) ? 'rtl' : 'ltr';
}
