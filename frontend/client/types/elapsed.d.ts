export declare class Elapsed {
    #private;
    /** Milliseconds since this was made. The wall clock can be set back; the other clock stands still in some browsers while the computer sleeps. The one that has gone on further counts. */
    get ms(): number;
}
