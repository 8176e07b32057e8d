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
/** @param {'localStorage' | 'sessionStorage'} name @returns {Storage} */
export declare function browserStorage(name: 'localStorage' | 'sessionStorage'): Storage;
