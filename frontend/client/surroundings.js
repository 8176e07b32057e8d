// What happens around the page: sleep, tabs, network. Nothing of it exists outside a browser.

/**
 * `wake`: the page is looked at again or the network is back; `doubt`: the network has gone.
 * @param {{ wake: () => void, doubt: () => void }} reactions
 * @returns {() => void} stops watching
 */
export function watchSurroundings({ wake, doubt }) {
  if (typeof document === 'undefined') return () => {};
  const stop = new AbortController();
  const { signal } = stop;
  const visible = () => {
    if (document.visibilityState === 'visible') wake();
  };
  document.addEventListener('visibilitychange', visible, { signal });
  window.addEventListener('pageshow', (event) => event.persisted && wake(), { signal });
  window.addEventListener('online', wake, { signal });
  window.addEventListener('offline', doubt, { signal });
  return () => stop.abort();
}

/** False only when the browser knows that there is no network. */
export function isOnline() {
  return globalThis.navigator?.onLine !== false;
}
