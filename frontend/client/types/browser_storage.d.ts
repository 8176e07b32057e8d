/** Storage for environments that have none, or that forbid it (private windows, Node). @implements {Storage} */
export declare class MemoryStorage implements Storage {
    #private;
    get length(): number;
    /** @param {number} index */
    key(index: number): string | null;
    /** @param {string} key */
    getItem(key: string): string | null;
    /** @param {string} key @param {string} value */
    setItem(key: string, value: string): void;
    /** @param {string} key */
    removeItem(key: string): void;
    clear(): void;
}
/**
 * What the browser refuses to store, because it is full or forbidden, lives as long as the page.
 * @implements {Storage}
 */
export declare class BrowserStorage implements Storage {
    #private;
    storage: Storage | null;
    /** @param {Storage | null} storage null where there is none, or where it may not even be read */
    constructor(storage: Storage | null);
    get length(): number;
    /** @param {number} index */
    key(index: number): string | null;
    /** @param {string} key */
    getItem(key: string): string | null;
    /** @param {string} key @param {string} value */
    setItem(key: string, value: string): void;
    /** @param {string} key */
    removeItem(key: string): void;
    clear(): void;
}
/** @param {'localStorage' | 'sessionStorage'} name @returns {Storage} */
export declare function browserStorage(name: 'localStorage' | 'sessionStorage'): Storage;
/** The value that is stored as JSON, or null if there is none or it is damaged. @param {Storage} storage @param {string} key @returns {unknown} */
export declare function storedJson(storage: Storage, key: string): unknown;
/** The members of a stored list that have the expected form. @template T @param {Storage} storage @param {string} key @param {(value: unknown) => value is T} isOne @returns {T[]} */
export declare function storedList<T>(storage: Storage, key: string, isOne: (value: unknown) => value is T): T[];
/** @param {Storage} storage */
export declare function keysOf(storage: Storage): string[];
/** @param {unknown} value @returns {value is string} */
export declare function isText(value: unknown): value is string;
