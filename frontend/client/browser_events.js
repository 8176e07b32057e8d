// Events around the page: sleep, tabs, network. None of them exist outside a browser.

/**
 * `wake`: the page is visible again, was frozen, or the network is back; `doubt`: the network has gone.
 * @param {{ wake: () => void, doubt: () => void }} reactions
 * @returns {() => void} stops watching
 */
export function watchBrowserEvents({ wake, doubt }) {
  if (typeof document === 'undefined') return () => {};
  const stop = new AbortController();
  const { signal } = stop;
  const visible = () => {
    if (document.visibilityState === 'visible') wake();
  };
  document.addEventListener('visibilitychange', visible, { signal });
  document.addEventListener('resume', wake, { signal });
  window.addEventListener('pageshow', (event) => event.persisted && wake(), { signal });
  window.addEventListener('online', wake, { signal });
  window.addEventListener('offline', doubt, { signal });
  return () => stop.abort();
}

/** False only if the browser knows that there is no network. */
export function isOnline() {
  return globalThis.navigator?.onLine !== false;
}
