// Printing and the browser's search cover the whole conversation, not only the part on screen.

/** @param {() => void} buildAll */
export function preparePrinting(buildAll) {
  window.addEventListener('beforeprint', buildAll);
  document.addEventListener('keydown', ({ key, ctrlKey, metaKey }) => {
    if ((ctrlKey || metaKey) && key.toLowerCase() === 'f') buildAll();
  });
}
