// One message of the conversation, as far as it has arrived.

import { codePointLength, dropCodePoints } from './code_points.js';

/** @import { PublicMessage, TextFrame } from './frames.js' */

const PIECES_KEPT = 500;

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
export function displayText(entry) {
  return entry.preview.length > entry.text.length ? entry.preview : entry.text;
}

/** @param {Entry | undefined} entry */
export function isWhole(entry) {
  return entry !== undefined && entry.ended && entry.length >= entry.wanted;
}

/**
 * @param {Entry | undefined} held
 * @param {Pick<TextFrame, 'seq' | 'attempt' | 'offset' | 'text'>} frame
 * @returns {Entry | undefined} `held` itself if the frame contains nothing new
 */
export function withText(held, frame) {
  if (frame.attempt === 0) return held?.ended ? extended(held, frame) : held;
  if (held?.ended || (held && frame.attempt < held.attempt)) return held;
  return extended(held?.attempt === frame.attempt ? held : blank(frame), frame);
}

/** @param {Entry | undefined} held @param {PublicMessage} message @returns {Entry} */
export function withEnd(held, message) {
  const length = codePointLength(message.content);
  if (held?.ended && held.length >= length) return held;
  const preview = held?.text.startsWith(message.content) ? held.text : '';
  return { message, text: message.content, length, wanted: message.length, pieces: [], attempt: 0, ended: true, preview };
}

/** @param {{ seq: number, attempt: number }} frame @returns {Entry} */
function blank({ seq, attempt }) {
  const message = /** @type {PublicMessage} */ ({
    seq,
    sender: 'agent',
    kind: 'text',
    content: '',
    length: 0,
    timestamp: '',
    created_at: '',
    is_streaming: true,
  });
  return { message, text: '', length: 0, wanted: 0, pieces: [], attempt, ended: false, preview: '' };
}

/** @param {Entry} entry @param {Piece} piece @returns {Entry} */
function extended(entry, piece) {
  const end = piece.offset + codePointLength(piece.text);
  const wanted = entry.ended ? entry.wanted : Math.max(entry.wanted, end);
  if (piece.offset > entry.length) return withPiece({ ...entry, wanted }, piece);
  if (end <= entry.length) return entry;
  const text = entry.text + dropCodePoints(piece.text, entry.length - piece.offset);
  return withoutGap({ ...entry, wanted, text, length: end });
}

/** @param {Entry} entry @param {Piece} piece @returns {Entry} */
function withPiece(entry, { offset, text }) {
  if (entry.pieces.length >= PIECES_KEPT) return entry;
  return { ...entry, pieces: [...entry.pieces, { offset, text }] };
}

/** @param {Entry} entry @returns {Entry} */
function withoutGap(entry) {
  const next = entry.pieces.find(({ offset }) => offset <= entry.length);
  if (!next) return entry;
  return extended({ ...entry, pieces: entry.pieces.filter((piece) => piece !== next) }, next);
}
