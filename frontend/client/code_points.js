// Offsets in frames count Unicode code points; JavaScript strings count UTF-16 units.

const SURROGATE = /[\uD800-\uDFFF]/;

/** @param {string} text */
export function codePointLength(text) {
  if (!SURROGATE.test(text)) return text.length;
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/**
 * Returns `text` without its first `count` code points.
 * @param {string} text
 * @param {number} count
 */
export function dropCodePoints(text, count) {
  if (count <= 0) return text;
  if (!SURROGATE.test(text)) return text.slice(count);
  let units = 0;
  for (const character of text) {
    if (count === 0) break;
    units += character.length;
    count -= 1;
  }
  return text.slice(units);
}

// The server's rule for the text of a message (`forge/models/lines.py`), applied before sending, so that both have the
// same text.

/** Control characters except white space, and lone surrogates. */
const UNFIT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ud800-\udfff]/gu;

/** @param {string} text */
export function fitText(text) {
  return text.replace(UNFIT, '\ufffd');
}
