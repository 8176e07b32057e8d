// An EIP-1193 wallet that misbehaves as it is told to: `steps` says for each method what its first, second … call does.
// A step is `{ does: 'right' }`, `{ does: 'hang' }`, `{ does: 'answer', value }` or `{ does: 'throw', error }`; before it,
// `then` may change the wallet's chain or account, and `moves` says that a transaction is sent in spite of the answer.

/**
 * `chain`, `account`: what the wallet is on. `known`: chains that it has. Each transaction that moved money is in `moved`.
 * @param {{ chain: number, account: string, known?: number[], steps?: Record<string, any[]> }} plan
 */
export function misbehavingWallet({ chain, account, known = [], steps = {} }) {
  const state = { chain, account, known: new Set([chain, ...known]) };
  const listeners = {};
  const counts = {};
  const wallet = { asked: [], moved: [], late: [], refusals: [], state, on: (event, listener) => void (listeners[event] = listener) };

  const hash = () => `0x${(wallet.moved.length + 0xa0).toString(16).padStart(64, '0')}`;
  const change = ({ chain: toChain, account: toAccount }) => {
    if (toChain) state.chain = toChain;
    if (toAccount === undefined) return;
    state.account = toAccount;
    listeners.accountsChanged?.(toAccount ? [toAccount] : []);
  };
  const move = (transaction) => {
    // As real wallets do: a request that names another chain or account than the wallet's is refused.
    const asked = transaction?.chainId === undefined ? state.chain : Number(transaction.chainId);
    const from = transaction?.from ?? state.account;
    if (asked !== state.chain || from?.toLowerCase() !== state.account?.toLowerCase()) throw { code: -32602, message: 'another chain or account' };
    wallet.moved.push({ chain: state.chain, account: state.account, transaction });
    return hash();
  };
  const right = {
    eth_chainId: () => `0x${state.chain.toString(16)}`,
    eth_accounts: () => (state.account ? [state.account] : []),
    eth_requestAccounts: () => (state.account ? [state.account] : []),
    eth_getBalance: () => '0xde0b6b3a7640000',
    wallet_switchEthereumChain: ([{ chainId }]) => {
      if (!state.known.has(Number(chainId))) throw { code: 4902, message: 'unknown chain' };
      state.chain = Number(chainId);
      return null;
    },
    wallet_addEthereumChain: ([{ chainId, rpcUrls }]) => {
      if (!rpcUrls?.length) throw { code: -32602, message: 'no rpcUrls' };
      state.known.add(Number(chainId));
      state.chain = Number(chainId);
      return null;
    },
    eth_sendTransaction: ([transaction]) => move(transaction),
  };

  wallet.accountsChanged = (accounts) => listeners.accountsChanged?.(accounts);
  wallet.goTo = (toChain) => {
    state.chain = toChain;
    listeners.chainChanged?.(`0x${toChain.toString(16)}`);
  };
  wallet.request = async ({ method, params = [] }) => {
    wallet.asked.push({ method, params });
    const plan = steps[method] ?? [];
    const at = (counts[method] = (counts[method] ?? -1) + 1);
    const step = plan[Math.min(at, plan.length - 1)] ?? { does: 'right' };
    if (step.then) change(step.then);
    if (step.moves) move(params[0]);
    switch (step.does) {
      case 'hang':
        return new Promise((resolve, reject) => {
          wallet.late.push(() => resolve(right[method](params)));
          wallet.refusals.push(() => reject({ code: 4001, message: 'no' }));
        });
      case 'answer':
        return step.value === '$hash' ? hash() : step.wraps ? { [step.wraps]: hash() } : step.value;
      case 'throw':
        if (step.error && step.error.$error) throw Object.assign(new Error(step.error.message ?? 'no'), step.error.$error);
        throw step.error === '$undefined' ? undefined : step.error;
      default:
        return right[method] ? right[method](params) : null;
    }
  };
  return wallet;
}
