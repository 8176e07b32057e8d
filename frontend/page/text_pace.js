// Decides how much of a growing text is visible at a moment. Text arrives in pieces, in the cloud one a second; each
// piece is spread over the time until the next, so that the text grows evenly. At its end the rest follows quickly.

const FIRST_INTERVAL_MS = 150;
const SHORTEST_INTERVAL_MS = 200;
const LONGEST_INTERVAL_MS = 2_000;
/** The longest time for which the server collects text (`worker/push/frame_pace.py`), and some for the network. */
const LONGEST_PAUSE_MS = 1_600;
/** Growing intervals are expected to double, because the server collects longer the longer it has been streaming. */
const GROWS = 1.3;
/** This share of a piece is spread beyond the expected arrival of the next, which may be late. */
const RESERVE = 1.25;
/** At least one character every 110 ms, so that the text never stands still while something is left. */
const SLOWEST_PER_SECOND = 9;
const END_MS = 300;
const FASTEST_END_PER_SECOND = 120;
/** If a screen was refreshed late, at most this much time's text appears at once, because text that jumps is hard to read. */
const LONGEST_STEP_MS = 50;

export class TextPace {
  #target = 0;
  #shown = 0;
  /** Characters a second. */
  #speed = 0;
  #expected = FIRST_INTERVAL_MS;
  #interval = FIRST_INTERVAL_MS;
  #arrivedAt = 0;
  #lookedAt = 0;
  #hasEnded = false;

  get isDone() {
    return this.#shown >= this.#target;
  }

  /** How many characters are visible. */
  get length() {
    return Math.min(this.#target, Math.floor(this.#shown));
  }

  /** Make all of a text visible. @param {number} length */
  jump(length) {
    this.#target = this.#shown = length;
  }

  /** @param {number} now milliseconds @param {number} length of the whole text so far @param {boolean} hasEnded */
  grow(now, length, hasEnded) {
    const isFirst = this.#arrivedAt === 0;
    if (this.isDone) this.#lookedAt = now;
    if (!isFirst) this.#learn(now - this.#arrivedAt);
    this.#target = length;
    this.#arrivedAt = now;
    this.#hasEnded = hasEnded;
    const backlog = length - this.#shown;
    this.#speed = (backlog * 1_000) / (this.#expected * RESERVE);
    if (hasEnded) this.#speed = Math.max(this.#speed, FASTEST_END_PER_SECOND, (backlog * 1_000) / END_MS);
    if (isFirst) this.#shown = Math.min(length, Math.max(1, this.#shown));
  }

  /** @param {number} now milliseconds @returns {number} how much may be seen */
  look(now) {
    const elapsed = Math.min(LONGEST_STEP_MS, Math.max(0, now - this.#lookedAt));
    this.#lookedAt = now;
    this.#shown = Math.min(this.#target, this.#shown + (this.#rate(now) * elapsed) / 1_000);
    return this.length;
  }

  /** @param {number} now */
  #rate(now) {
    if (this.#hasEnded) return this.#speed;
    const waited = now - this.#arrivedAt;
    const rest = this.#target - this.#shown;
    const isLate = waited > this.#expected;
    return Math.max(SLOWEST_PER_SECOND, isLate ? Math.min(this.#speed, (rest * 1_000) / waited) : this.#speed);
  }

  /** @param {number} interval since the lump before */
  #learn(interval) {
    const isGrowing = interval > this.#interval * GROWS;
    const expected = isGrowing ? Math.max(interval, Math.min(interval * 2, LONGEST_PAUSE_MS)) : Math.max(interval, this.#interval);
    this.#interval = interval;
    this.#expected = Math.min(LONGEST_INTERVAL_MS, Math.max(SHORTEST_INTERVAL_MS, expected));
  }
}
