// The HTTP API. A failure becomes a `RequestError` with the problem document's words, or the reason for which no answer
// came.

/** @import { ApprovalReply, ClaimRequest, CommandResult, Receipt, SessionSummary, State } from './frames.js' */

const TIMEOUT_MS = 30_000;
const TRANSIENT_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);

export class RequestError extends Error {
  /**
   * `status` 0: no answer came. `retryAfter` in milliseconds, if the server named a time.
   * @param {{ status: number, title: string, detail: string, retryAfter?: number }} problem
   */
  constructor({ status, title, detail, retryAfter }) {
    super(detail || title);
    this.name = 'RequestError';
    this.status = status;
    this.title = title;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get isTransient() {
    return this.status === 0 || TRANSIENT_STATUS.has(this.status);
  }
}

/**
 * `unauthorized` is called for each request that was refused because of its token.
 * @typedef {object} HttpOptions
 * @property {string} backendUrl without a slash at the end; empty: the page's own origin
 * @property {() => Promise<string | null>} [accessToken]
 * @property {() => void} [unauthorized]
 * @property {typeof globalThis.fetch} [fetch]
 */

/** The state after a message was accepted, with its run's id. @typedef {State & { run_id: string | null }} Accepted */
/** @typedef {{ body?: unknown, idempotencyKey?: string, isMinimal?: boolean, timeout?: number }} RequestOptions */

export class HttpApi {
  /** @param {HttpOptions} options */
  constructor({ backendUrl, accessToken, unauthorized, fetch = globalThis.fetch.bind(globalThis) }) {
    this.backendUrl = backendUrl;
    this.accessToken = accessToken;
    this.unauthorized = unauthorized;
    this.fetch = fetch;
    /** Milliseconds by which the server's clock is ahead of this one. */
    this.clockAhead = 0;
  }

  /**
   * @param {string} sessionId
   * @param {string} message
   * @param {string} idempotencyKey the same key means the same message, however often it is sent
   * @param {string} [ifBusy]
   * @returns {Promise<Accepted>} without messages, which come over the link
   */
  chat(sessionId, message, idempotencyKey, ifBusy) {
    const body = { message, session_id: sessionId, ...(ifBusy && { if_busy: ifBusy }) };
    return this.#request('POST', '/api/chat', { body, idempotencyKey, isMinimal: true });
  }

  /**
   * @param {string} sessionId
   * @param {string} message
   * @param {string} idempotencyKey
   * @param {ApprovalReply} [approval]
   * @returns {Promise<Accepted>}
   */
  system(sessionId, message, idempotencyKey, approval) {
    const body = { message, session_id: sessionId, ...(approval && { approval }) };
    return this.#request('POST', '/api/system', { body, idempotencyKey, isMinimal: true });
  }

  /** Claim a wallet request for one wallet. @param {string} sessionId @param {ClaimRequest} claim @returns {Promise<State>} */
  claim(sessionId, claim) {
    return this.#request('POST', '/api/approvals/claim', { body: { session_id: sessionId, ...claim } });
  }

  /** @param {string} sessionId @returns {Promise<State>} */
  state(sessionId) {
    return this.#request('GET', `/api/state?session_id=${encodeURIComponent(sessionId)}`);
  }

  /** Finished messages before number `before`. @param {string} sessionId @param {number} before @param {number} limit @returns {Promise<State>} */
  older(sessionId, before, limit) {
    return this.#request('GET', `/api/state?session_id=${encodeURIComponent(sessionId)}&before=${before}&limit=${limit}`);
  }

  /** @param {string} sessionId @param {string} [runId] @returns {Promise<State>} */
  interrupt(sessionId, runId) {
    return this.#request('POST', '/api/interrupt', {
      body: { session_id: sessionId, ...(runId && { run_id: runId }) },
      isMinimal: true,
    });
  }

  /**
   * @param {string} sessionId
   * @param {string} command
   * @param {Record<string, unknown>} [args]
   * @returns {Promise<CommandResult>}
   */
  command(sessionId, command, args = {}) {
    return this.#request('POST', '/api/mcp-command', { body: { command, args, session_id: sessionId } });
  }

  /** @param {string[]} ids @returns {Promise<SessionSummary[]>} */
  async sessions(ids) {
    const answer = await this.#request('GET', `/api/sessions?ids=${ids.map(encodeURIComponent).join(',')}`);
    return answer.sessions;
  }

  /** A page of the sessions of the person who is logged in, newest first. @param {string} [after] `next` of the page before @returns {Promise<{ sessions: SessionSummary[], next: string | null }>} */
  ownSessions(after) {
    return this.#request('GET', `/api/sessions${after ? `?after=${encodeURIComponent(after)}` : ''}`);
  }

  /** Take over a session that was opened without a login. @param {string} sessionId @returns {Promise<State>} under its new id */
  adopt(sessionId) {
    return this.#request('POST', '/api/sessions/adopt', { body: { session_id: sessionId } });
  }

  /** Delete everything of the person who is logged in; the same key continues the deletion until it is complete. @param {string} idempotencyKey @returns {Promise<Receipt>} */
  deleteAccount(idempotencyKey) {
    return this.#request('DELETE', '/api/account', { idempotencyKey });
  }

  /** @param {string} sessionId @param {string} title */
  rename(sessionId, title) {
    return this.#request('PATCH', `/api/sessions/${encodeURIComponent(sessionId)}`, { body: { title } });
  }

  /** @param {string} sessionId @returns {Promise<Receipt>} what was deleted, and what stays */
  delete(sessionId) {
    return this.#request('DELETE', `/api/sessions/${encodeURIComponent(sessionId)}`);
  }

  /**
   * A single-use ticket for the session's WebSocket. `opens_for`: seconds until the opened connection ends with its token.
   * @param {string} sessionId
   * @returns {Promise<{ ticket: string, opens_for?: number | null }>}
   */
  ticket(sessionId) {
    return this.#request('POST', '/api/ticket', { body: { session_id: sessionId } });
  }

  /** @returns {Promise<Record<string, string>>} */
  async authorization() {
    const token = await this.accessToken?.();
    return token ? { authorization: `Bearer ${token}` } : {};
  }

  /** @param {string} method @param {string} path @param {RequestOptions} [options] @returns {Promise<any>} */
  async #request(method, path, { body, idempotencyKey, isMinimal = false, timeout = TIMEOUT_MS } = {}) {
    const response = await this.#send(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
        ...(isMinimal && { prefer: 'return=minimal' }),
        ...(await this.authorization()),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
    this.#compareClocks(response);
    if (response.status === 401) this.unauthorized?.();
    if (!response.ok) throw await problemOf(response);
    const run_id = response.headers.get('x-run-id');
    const answer = response.status === 204 ? null : await bodyOf(response);
    return run_id ? { ...answer, run_id } : answer;
  }

  /** @param {string} path @param {RequestInit} init */
  async #send(path, init) {
    try {
      return await this.fetch(this.backendUrl + path, init);
    } catch (error) {
      const late = error instanceof DOMException && error.name === 'TimeoutError';
      const detail = late ? 'The server did not answer in time.' : 'The server could not be reached.';
      throw new RequestError({ status: 0, title: 'No answer', detail });
    }
  }

  /** @param {Response} response */
  #compareClocks(response) {
    const served = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(served)) this.clockAhead = served - Date.now();
  }
}

/** @param {Response} response */
async function bodyOf(response) {
  const text = await response.text().catch(() => '');
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError({ status: 0, title: 'Unreadable answer', detail: 'The server’s answer was cut off.' });
  }
}

/** @param {Response} response */
async function problemOf(response) {
  const problem = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new RequestError({
    status: response.status,
    title: problem.title ?? response.statusText,
    detail: problem.detail ?? `The server answered ${response.status}.`,
    retryAfter: Number.isNaN(seconds) ? undefined : seconds * 1000,
  });
}
