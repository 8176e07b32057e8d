// Offsets on the wire count Unicode code points; JavaScript strings count UTF-16 units.

const SURROGATE = /[\uD800-\uDFFF]/;

/** @param {string} text */
export function codePointLength(text) {
  if (!SURROGATE.test(text)) return text.length;
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/**
 * `text` without its first `count` code points.
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
