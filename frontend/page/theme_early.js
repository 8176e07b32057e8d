// A classic script in the head, so that a chosen theme is applied before the first paint.
try {
  const theme = localStorage.getItem('forge.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's theme applies.
}
