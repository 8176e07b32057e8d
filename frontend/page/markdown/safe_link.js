// Which addresses may become links. Any other stays text.

const PROTOCOLS = ['http:', 'https:'];

/** @param {string} href */
export function isSafeLink(href) {
  try {
    return PROTOCOLS.includes(new URL(href).protocol);
  } catch {
    return false;
  }
}
