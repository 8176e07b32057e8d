// The login. Tokens are kept only in this page's memory: a reload asks the issuer again, without a question to the
// person while the issuer's own session lives. Unsent text stays in the tab's storage meanwhile.

import { Elapsed } from '../client/elapsed.js';
import { RequestError } from '../client/http.js';
import { authorizationUrl, claimsOf, discovered, granted, newAttempt } from './oidc_requests.js';

/** @import { Attempt, Endpoints, LoginConfig, Tokens } from './oidc_requests.js' */

const ATTEMPT = 'forge.login';
const PERSON = 'forge.person';
const RENEW_AT = 0.8;

/**
 * @typedef {object} LoginOptions
 * @property {LoginConfig | null} config null: this server needs no login, or the page has no configuration for it
 * @property {Storage} storage of the browser: records whose conversations it holds
 * @property {Storage} tabStorage records the login in progress while the person is at the issuer
 * @property {() => Promise<void>} forget deletes what the rest of the page keeps of the person
 * @property {() => void} onChange
 * @property {() => void} onFirst called when a person has logged in where nobody was logged in before
 */

export class Login {
  /** @type {LoginConfig | null} */
  #config = null;
  /** @type {Promise<Endpoints> | null} */
  #endpoints = null;
  /** @type {Tokens | null} */
  #tokens = null;
  #taken = new Elapsed();
  /** Milliseconds after `#taken` at which the tokens are renewed. */
  #goodFor = 0;
  /** @type {Promise<void> | null} */
  #renewing = null;
  /** @type {Promise<boolean> | null} */
  #begun = null;
  name = '';
  problem = '';

  /** @param {LoginOptions} options */
  constructor(options) {
    this.options = options;
  }

  get isPossible() {
    return this.#config !== null;
  }

  get isNeeded() {
    return this.#config !== null && this.#tokens === null;
  }

  get isLoggedIn() {
    return this.#tokens !== null;
  }

  /** Whether requests can be made now. @returns {Promise<boolean>} */
  begin() {
    this.#begun ??= this.#begin();
    return this.#begun;
  }

  /** @returns {Promise<string | null>} null where no login is needed */
  async accessToken() {
    await this.begin();
    if (!this.#config) return null;
    if (this.#tokens && this.#taken.ms >= this.#goodFor) await this.#renew();
    if (!this.#tokens) throw new RequestError({ status: 401, title: 'Unauthorized', detail: 'Log in first.' });
    return this.#tokens.access_token;
  }

  /** The server has refused the token that it got. */
  refused() {
    if (this.#config && this.#tokens) void this.#renew();
  }

  /** Go to the issuer; the promise never resolves. @param {string} [prompt] */
  async logIn(prompt) {
    if (!this.#config) return undefined;
    const attempt = newAttempt();
    const url = await authorizationUrl(this.#config, await this.#discovered(), attempt, here(), prompt);
    this.options.tabStorage.setItem(ATTEMPT, JSON.stringify(attempt));
    location.assign(url);
    return new Promise(() => {});
  }

  /** Delete everything that this browser knows of the person. */
  async logOut() {
    const { end_session_endpoint: end } = await this.#discovered();
    const idToken = this.#tokens?.id_token;
    this.#tokens = null;
    await this.#forget();
    if (!end || !this.#config) return location.replace(here());
    const url = new URL(end);
    url.searchParams.set('client_id', this.#config.client_id);
    url.searchParams.set('post_logout_redirect_uri', here());
    url.searchParams.set('logout_uri', here());
    if (idToken) url.searchParams.set('id_token_hint', idToken);
    return location.assign(url);
  }

  async #begin() {
    if (!this.options.config) return true;
    this.#config = this.options.config;
    try {
      await this.#comeBack();
    } catch (error) {
      this.problem = `Logging in did not work: ${/** @type {Error} */ (error).message}`;
    }
    this.options.onChange();
    return this.#tokens !== null;
  }

  /** Handle a return from the issuer with a code or an error; otherwise log a person in again, without a question, who was logged in here. */
  async #comeBack() {
    const told = new URLSearchParams(location.search);
    const kept = this.options.tabStorage.getItem(ATTEMPT);
    if (!told.has('state') || !kept) {
      if (this.options.storage.getItem(PERSON)) await this.logIn('none');
      return;
    }
    this.options.tabStorage.removeItem(ATTEMPT);
    history.replaceState(history.state, '', here());
    const attempt = /** @type {Attempt} */ (JSON.parse(kept));
    if (told.get('state') !== attempt.state) throw new Error('the answer belongs to another attempt.');
    const code = told.get('code');
    if (code) await this.#redeem(code, attempt);
    else if (told.get('error') !== 'login_required') this.problem = told.get('error_description') ?? told.get('error') ?? '';
  }

  /** @param {string} code @param {Attempt} attempt */
  async #redeem(code, { verifier, nonce }) {
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: here() };
    const tokens = await this.#granted(form);
    if (!tokens) throw new Error('the identity provider refused its own code.');
    const claims = tokens.id_token ? claimsOf(tokens.id_token) : {};
    if (claims.nonce !== nonce) throw new Error('the token belongs to another attempt.');
    this.name = claims.name ?? claims.preferred_username ?? claims.email ?? claims.sub;
    this.#take(tokens);
    const person = `${this.#config?.issuer} ${claims.sub}`;
    const before = this.options.storage.getItem(PERSON);
    if (before !== null && before !== person) await this.#forget();
    this.options.storage.setItem(PERSON, person);
    if (before === null) this.options.onFirst();
    if (before !== null && before !== person) location.reload();
  }

  /** Refresh the token; concurrent callers share one request. */
  #renew() {
    this.#renewing ??= this.#renewed().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renewed() {
    const refresh_token = this.#tokens?.refresh_token;
    const tokens = refresh_token
      ? await this.#granted({ grant_type: 'refresh_token', refresh_token }).catch(() => undefined)
      : null;
    if (tokens === undefined) return; // the issuer is out of reach: the old token may still do
    if (tokens) this.#take({ ...this.#tokens, ...tokens });
    else {
      this.#tokens = null;
      this.problem = 'Your login has ended. What you have written is kept.';
    }
    this.options.onChange();
  }

  /** @param {Record<string, string>} form */
  async #granted(form) {
    return granted(await this.#discovered(), { client_id: this.#config?.client_id ?? '', ...form });
  }

  /** @param {Tokens} tokens */
  #take(tokens) {
    this.#tokens = tokens;
    this.problem = '';
    this.#taken = new Elapsed();
    this.#goodFor = (tokens.expires_in ?? 300) * 1000 * RENEW_AT;
  }

  async #discovered() {
    this.#endpoints ??= discovered(this.#config?.issuer ?? '');
    return this.#endpoints.catch((error) => {
      this.#endpoints = null;
      throw error;
    });
  }

  /** Delete the conversations of another person. */
  async #forget() {
    await this.options.forget();
    for (const storage of [this.options.storage, this.options.tabStorage]) {
      const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '');
      for (const key of keys) if (key.startsWith('forge.')) storage.removeItem(key);
    }
  }
}

/** The address of this page without the issuer's parameters. */
function here() {
  return location.origin + location.pathname;
}
