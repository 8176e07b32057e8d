// OpenID Connect for a page: authorization code with PKCE (RFC 7636), without a secret or a library.

import { RequestError } from '../client/http.js';

/**
 * `audience`: for issuers that issue tokens for an API only if it is named.
 * @typedef {{ issuer: string, client_id: string, scope: string, audience?: string }} LoginConfig
 * @typedef {{ authorization_endpoint: string, token_endpoint: string, end_session_endpoint?: string }} Endpoints
 * @typedef {{ state: string, verifier: string, nonce: string }} Attempt kept in the tab while the person is at the issuer
 * @typedef {{ access_token: string, refresh_token?: string, id_token?: string, expires_in?: number }} Tokens
 */

/** @param {string} issuer @returns {Promise<Endpoints>} */
export async function discovered(issuer) {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const endpoints = await response.json();
  if (endpoints.issuer !== issuer) throw new Error('The identity provider calls itself by another name.');
  return endpoints;
}

/** @returns {Attempt} */
export function newAttempt() {
  return { state: random(), verifier: random(), nonce: random() };
}

/**
 * The address of the login. `prompt` none: return at once, even if nobody is logged in.
 * @param {LoginConfig} config @param {Endpoints} endpoints @param {Attempt} attempt @param {string} back @param {string} [prompt]
 */
export async function authorizationUrl(config, endpoints, attempt, back, prompt) {
  const url = new URL(endpoints.authorization_endpoint);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(attempt.verifier));
  const asked = {
    response_type: 'code',
    client_id: config.client_id,
    redirect_uri: back,
    scope: config.scope,
    ...(config.audience && { audience: config.audience }),
    ...(prompt && { prompt }),
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: encoded(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * Throws if the issuer cannot answer now. That is not a refusal: RFC 6749 (5.2) refuses with 400 or 401.
 * @param {Endpoints} endpoints @param {Record<string, string>} form @returns {Promise<Tokens | null>} null: refused
 */
export async function granted(endpoints, form) {
  const response = await fetch(endpoints.token_endpoint, { method: 'POST', body: new URLSearchParams(form) });
  if (response.ok) return response.json();
  const failure = new RequestError({ status: response.status, title: 'Not granted', detail: `the identity provider answers ${response.status}.` });
  if (failure.isTransient) throw failure;
  return null;
}

/** The claims of an ID token that came directly from the issuer (Core 3.1.3.7: the connection vouches for it). @param {string} token @returns {Record<string, any>} */
export function claimsOf(token) {
  const text = atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))));
}

function random() {
  return encoded(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {Uint8Array} bytes base64url without padding */
function encoded(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
