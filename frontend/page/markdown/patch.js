// Makes one element equal to another and leaves equal parts unchanged, so that a selection, a focus or an open menu in
// growing text stays.

/** @param {Element} shown @param {Element} wanted an element of the same tag, which is used up */
export function patch(shown, wanted) {
  patchAttributes(shown, wanted);
  const now = [...wanted.childNodes];
  const before = [...shown.childNodes];
  now.forEach((node, at) => {
    const known = before[at];
    if (!known) shown.append(node);
    else if (!isPatched(known, node)) known.replaceWith(node);
  });
  for (const surplus of before.slice(now.length)) surplus.remove();
}

/** @param {Element | undefined} shown @param {Element} wanted */
export function isAlike(shown, wanted) {
  return shown !== undefined && shown.tagName === wanted.tagName && shown.className === wanted.className;
}

/** @param {Node} known @param {Node} wanted */
function isPatched(known, wanted) {
  if (known instanceof Text && wanted instanceof Text) {
    patchText(known, wanted.data);
    return true;
  }
  if (!(known instanceof Element && wanted instanceof Element) || !isAlike(known, wanted)) return false;
  if (known.isEqualNode(wanted)) return true;
  if (known instanceof SVGElement || known.hasAttribute('data-hex') || known.querySelector(':scope > [data-hex]')) return false;
  patch(known, wanted);
  return true;
}

/** Writes only what differs, so that a selection before it stays. @param {Text} text @param {string} wanted */
function patchText(text, wanted) {
  if (text.data === wanted) return;
  let same = 0;
  while (same < text.length && text.data[same] === wanted[same]) same += 1;
  text.replaceData(same, text.length - same, wanted.slice(same));
}

/** @param {Element} shown @param {Element} wanted */
function patchAttributes(shown, wanted) {
  for (const { name } of [...shown.attributes]) if (!wanted.hasAttribute(name)) shown.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
}
