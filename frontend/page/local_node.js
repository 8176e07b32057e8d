// The test network's node, if the page's own server forwards calls to it (`make run`; never in the cloud).

const PATH = '/rpc/testnet';
const TIMEOUT_MS = 8_000;

export const TEST_CHAIN_ID = 31337;
export const LOCAL_NETWORK = 'testnet';

/** The node's unlocked accounts by the names that the agent knows. */
export const ACCOUNTS = /** @type {Record<string, string>} */ ({
  Alice: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  Bob: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  Charlie: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
  Dave: '0x90F79bf6EB2c4f870365E785982E1f101E93b906',
  Eve: '0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65',
  Frank: '0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc',
  Grace: '0x976EA74026E726554dB657fA54763abd0C3a0aa9',
  Heidi: '0x14dC79964da2C08b23698B3D3cc7Ca32193d9955',
  Ivan: '0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f',
  Judy: '0xa0Ee7A142d267C1f36714E4a8F75612F20a79720',
});

const NAMES = new Map(Object.entries(ACCOUNTS).map(([name, address]) => [address.toLowerCase(), name]));

/** @param {string | null | undefined} address */
export function accountName(address) {
  return NAMES.get((address ?? '').toLowerCase());
}

/** @typedef {{ method: string, params?: unknown[] }} Call */

export class LocalNode {
  /** @type {Promise<boolean> | undefined} */
  #found;

  /** @param {string} [backendUrl] */
  constructor(backendUrl = '') {
    this.url = backendUrl + PATH;
  }

  /** Whether there is such a node; the server is asked once. */
  isThere() {
    this.#found ??= this.request({ method: 'eth_chainId' }).then(
      (chain) => Number(chain) === TEST_CHAIN_ID,
      () => false,
    );
    return this.#found;
  }

  /** EIP-1193. @param {Call} call @returns {Promise<any>} */
  async request({ method, params = [] }) {
    const answer = await this.#post({ jsonrpc: '2.0', id: 1, method, params });
    if (answer?.error) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
    return answer?.result;
  }

  /** Several calls at once; the result is null for one that failed. @param {Call[]} calls @returns {Promise<any[]>} */
  async requestAll(calls) {
    if (!calls.length) return [];
    const answers = await this.#post(calls.map((call, id) => ({ jsonrpc: '2.0', id, params: [], ...call })));
    const results = new Map(answers.map((/** @type {{ id: number, result?: unknown }} */ answer) => [answer.id, answer.result ?? null]));
    return calls.map((_, id) => results.get(id) ?? null);
  }

  /** @param {unknown} body @returns {Promise<any>} */
  async #post(body) {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`The local node cannot be reached (${response.status}).`);
    return response.json();
  }
}
