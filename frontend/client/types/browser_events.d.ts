/**
 * `wake`: the page is visible again, was frozen, or the network is back; `doubt`: the network has gone.
 * @param {{ wake: () => void, doubt: () => void }} reactions
 * @returns {() => void} stops watching
 */
export declare function watchBrowserEvents({ wake, doubt }: {
    wake: () => void;
    doubt: () => void;
}): () => void;
/** False only if the browser knows that there is no network. */
export declare function isOnline(): boolean;
