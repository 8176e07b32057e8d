// Printing is of the whole conversation, not of what happens to be on screen.

/** @param {() => void} buildAll */
export function preparePrinting(buildAll) {
  window.addEventListener('beforeprint', buildAll);
}
