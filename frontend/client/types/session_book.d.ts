export type BookEntry = {
    id: string;
    title: string | null;
    at: number;
    endedAt?: number;
    aside?: string;
    seen?: number;
};
/**
 * Times in epoch milliseconds. `at`: last use; `endedAt`: when the server ended it; `aside`: the id of a copy of what
 * this id held before; `seen`: how many of its messages have been on screen.
 * @typedef {{ id: string, title: string | null, at: number, endedAt?: number, aside?: string, seen?: number }} BookEntry
 */
export declare class SessionBook {
    #private;
    storage: Storage;
    tabStorage: Storage;
    /** @param {Storage} storage shared by all tabs @param {Storage} tabStorage of this tab */
    constructor(storage: Storage, tabStorage: Storage);
    /** Returns the tab's own conversation; in a new tab, the one that was used last; otherwise a new one. */
    current(): string;
    /** @param {string} id */
    use(id: string): void;
    /** The entries, newest first. @returns {BookEntry[]} */
    entries(): BookEntry[];
    /** @param {string} id */
    entry(id: string): BookEntry | undefined;
    /** @param {string} id @param {Partial<BookEntry>} change */
    remember(id: string, change: Partial<BookEntry>): void;
    /** @param {string} id */
    forget(id: string): void;
}
