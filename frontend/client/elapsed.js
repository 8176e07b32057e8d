// How much time has passed, although somebody may set the computer's clock meanwhile.

export class Elapsed {
  #wall = Date.now();
  #steady = performance.now();

  /** Milliseconds since this was made. The wall clock can be set back; the other clock stands still in some browsers while the computer sleeps. The one that has gone on further counts. */
  get ms() {
    return Math.max(Date.now() - this.#wall, performance.now() - this.#steady);
  }
}
