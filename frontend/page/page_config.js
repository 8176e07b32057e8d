// The server's configuration of the page, which is in the page itself, because a request for it would cost time.

/** @import { LoginConfig } from './oidc_requests.js' */

/** `local_node`: whether `/rpc/testnet` exists. @typedef {Partial<LoginConfig> & { local_node?: boolean }} PageConfig */

/** @returns {{ login: LoginConfig | null, hasNode: boolean }} `login` null: no login is needed, or the page has no configuration for it */
export function pageConfig() {
  const text = document.querySelector('meta[name="forge-config"]')?.getAttribute('content') || '{}';
  const { local_node: hasNode = false, ...login } = /** @type {PageConfig} */ (JSON.parse(text));
  return { login: login.issuer && login.client_id ? /** @type {LoginConfig} */ (login) : null, hasNode };
}
