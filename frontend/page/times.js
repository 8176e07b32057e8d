const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {string} time RFC 3339 */
export function clockTime(time) {
  const at = Date.parse(time);
  return Number.isNaN(at) ? '' : clock.format(at);
}

/** @param {string} time RFC 3339 */
export function fullTime(time) {
  const at = Date.parse(time);
  return Number.isNaN(at) ? '' : full.format(at);
}

/** @param {number} at epoch milliseconds @param {number} now */
export function minutesUntil(at, now) {
  return Math.max(1, Math.ceil((at - now) / 60_000));
}

/** `in 14 min`, `in 40 s`; `now` when that time has come. @param {number} at epoch milliseconds @param {number} [now] */
export function timeUntil(at, now = Date.now()) {
  const seconds = Math.ceil((at - now) / 1_000);
  if (seconds > 0 && seconds < 60) return `in ${seconds} s`;
  const minutes = Math.round((at - now) / 60_000);
  if (!(minutes > 0)) return 'now';
  return minutes < 120 ? `in ${minutes} min` : `in ${Math.round(minutes / 60)} h`;
}

/** `now`, `5 min`, `3 h`, `2 May`. @param {number} at epoch milliseconds @param {number} [now] */
export function timeAgo(at, now = Date.now()) {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  return day.format(at);
}
