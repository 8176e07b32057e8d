// Printing covers the whole conversation, not only the part on screen.

/** @param {() => void} buildAll */
export function preparePrinting(buildAll) {
  window.addEventListener('beforeprint', buildAll);
}
