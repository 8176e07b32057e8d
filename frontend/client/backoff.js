// How long to wait before the n-th attempt: growing, capped, and jittered so that many clients never return at once.

const LONGEST_MS = 30_000;

/**
 * @param {number} failures attempts that have failed in a row, from 1
 * @param {number} base milliseconds
 * @param {() => number} [random]
 */
export function backoff(failures, base, random = Math.random) {
  const ceiling = Math.min(LONGEST_MS, base * 2 ** (failures - 1));
  return ceiling * (0.3 + 0.7 * random());
}
