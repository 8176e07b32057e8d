// The button to log in and out, and the name of the person who is logged in.

import { byId, el, icon } from './dom.js';
import { Login } from './login.js';

/** @import { Account } from './account.js' */
/** @import { LoginConfig } from './oidc_requests.js' */

export class LoginButton {
  #button = byId('login', HTMLButtonElement);
  #bar = byId('login-bar', HTMLElement);

  /** @param {{ config: LoginConfig | null, storage: Storage, tabStorage: Storage, account: Account, forget: () => Promise<void>, onProblem: (text: string) => void }} options */
  constructor(options) {
    this.options = options;
    const { account } = options;
    this.login = new Login({ ...options, onChange: () => this.render(), onFirst: () => account.unclaimed.note() });
    this.#button.addEventListener('click', () => void this.#act());
    this.render();
  }

  get isNeeded() {
    return this.login.isNeeded;
  }

  /** The functions for those who make requests. */
  credentials() {
    return { accessToken: () => this.login.accessToken(), unauthorized: () => this.login.refused() };
  }

  /** Calls `start` once it is known who the person is; nothing is requested from the server before. @param {() => unknown} start */
  async begin(start) {
    if (await this.login.begin()) start();
  }

  render() {
    const { login } = this;
    this.options.account.show(login);
    this.#button.hidden = !login.isPossible;
    this.#button.textContent = login.isNeeded ? 'Log in' : 'Log out';
    this.#button.title = login.isNeeded ? '' : `Logged in as ${login.name}`;
    this.#bar.hidden = !login.isNeeded;
    const go = el('button', { type: 'button', class: 'button', on: { click: () => void this.#act() } }, 'Log in');
    this.#bar.replaceChildren(icon('clock'), el('span', {}, login.problem || 'Log in to talk to the agent.'), go);
  }

  async #act() {
    const { login } = this;
    try {
      await (login.isNeeded ? login.logIn() : login.logOut());
    } catch {
      this.options.onProblem('The identity provider cannot be reached.');
    }
  }
}
