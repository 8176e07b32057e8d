// Light, dark, or the system's theme. `theme_early.js` applies the choice before the first paint.

const THEME = 'forge.theme';
const CHOICES = /** @type {const} */ (['auto', 'light', 'dark']);
const WORDS = { auto: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' };

/** @param {HTMLButtonElement} button @param {Storage} storage */
export function watchTheme(button, storage) {
  /** @type {typeof CHOICES[number]} */
  let choice = CHOICES.find((known) => known === storage.getItem(THEME)) ?? 'auto';
  const apply = () => {
    if (choice === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    button.dataset.theme = choice;
    button.setAttribute('aria-label', WORDS[choice]);
    button.title = WORDS[choice];
  };
  button.addEventListener('click', () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length] ?? 'auto';
    storage.setItem(THEME, choice);
    apply();
  });
  apply();
}
