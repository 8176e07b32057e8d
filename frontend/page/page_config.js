// What the server that the page comes from says of itself, in the page: to ask for it would take one more request.

/** @import { LoginConfig } from './oidc.js' */

/** `local_node`: whether `/rpc/testnet` is there to ask. @typedef {Partial<LoginConfig> & { local_node?: boolean }} PageConfig */

/** @returns {{ login: LoginConfig | null, hasNode: boolean }} `login` null: none is needed, or the page has none for it */
export function pageConfig() {
  const text = document.querySelector('meta[name="forge-config"]')?.getAttribute('content') || '{}';
  const { local_node: hasNode = false, ...login } = /** @type {PageConfig} */ (JSON.parse(text));
  return { login: login.issuer && login.client_id ? /** @type {LoginConfig} */ (login) : null, hasNode };
}
