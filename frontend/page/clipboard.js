// Copy buttons anywhere on the page: `data-copy` has the text, `data-copy-from="code"` copies the surrounding block,
// and a `copy-text` event brings its own text.

/** @param {string} text */
async function writeText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  return area.remove();
}

/** @param {{ onCopied: () => void, onFailed: () => void }} outcome */
export function watchCopyButtons({ onCopied, onFailed }) {
  /** @param {HTMLElement} button @param {string} text */
  const copy = async (button, text) => {
    try {
      await writeText(text);
      button.dataset.copied = '';
      setTimeout(() => delete button.dataset.copied, 1_500);
      onCopied();
    } catch {
      onFailed();
    }
  };
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-copy], [data-copy-from]') : null;
    if (!(button instanceof HTMLElement)) return;
    const code = button.closest('.code-block')?.querySelector('pre')?.textContent;
    void copy(button, button.dataset.copy ?? code ?? '');
  });
  document.addEventListener('copy-text', (event) => {
    if (event.target instanceof HTMLElement && event instanceof CustomEvent) void copy(event.target, event.detail);
  });
}
