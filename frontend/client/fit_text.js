// The server's rule for the text of a message (`forge/models/lines.py`), kept before it is sent: both hold the same text.

/** Control characters that are no white space, and halves of characters. */
const UNFIT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ud800-\udfff]/gu;

/** @param {string} text */
export function fitText(text) {
  return text.replace(UNFIT, '\ufffd');
}
