// Wei in a form for people, in the native currency of its chain. All arithmetic is on integers, so no amount is rounded
// silently. Server and terminal write amounts in the same way (`readable_amount`).

const WEI_PER_ETHER = 10n ** 18n;
const WEI_PER_GWEI = 10n ** 9n;
const LONGEST_IN_LINE = 22;

/** The currency's name for amounts in wei whose chain is not named, as tools write them. */
export const ETHER = 'ether';

/** The chain's native currency by its name, or general words if the name is unknown. @param {{ currency?: string } | undefined} network @param {string} where */
export function coinOf(network, where) {
  return network?.currency ?? `of ${where}’s own coin`;
}

/** @param {{ chain_id: number, title: string, currency?: string }[]} networks @param {number} chainId */
export function coinOfChain(networks, chainId) {
  const network = networks.find(({ chain_id }) => chain_id === chainId);
  return coinOf(network, network?.title ?? `chain ${chainId}`);
}

/** @param {unknown} value */
export function isWei(value) {
  return /^(?:0|[1-9]\d{0,77})$/.test(String(value));
}

/** `1.5 ETH`, `21 gwei`, `3 wei`. @param {unknown} wei a decimal integer @param {string} currency */
export function readableAmount(wei, currency) {
  const amount = BigInt(String(wei));
  if (amount === 0n) return `0 ${currency}`;
  if (amount < WEI_PER_GWEI) return `${grouped(amount)} wei`;
  if (amount < WEI_PER_ETHER / 100_000n) return `${decimal(amount, WEI_PER_GWEI)} gwei`;
  return `${decimal(amount, WEI_PER_ETHER)} ${currency}`;
}

/** The same with at most six decimals; `≈` marks an amount with more decimals. @param {unknown} wei @param {string} currency */
export function shortAmount(wei, currency) {
  const amount = readableAmount(wei, currency);
  const short = amount.replace(/(\.\d{6})\d+/, '$1');
  return short === amount ? amount : `≈ ${short.replace(/\.?0+(?= )/, '')}`;
}

/** The exact amount, or the short one if that is too long for a line. @param {unknown} wei @param {string} currency */
export function amountForLine(wei, currency) {
  const exact = readableAmount(wei, currency);
  return exact.length <= LONGEST_IN_LINE ? exact : shortAmount(wei, currency);
}

/** The same rounded to two digits, for estimates: `≈ 0.000042 ETH`. @param {unknown} wei @param {string} currency */
export function roundedAmount(wei, currency) {
  const digits = String(BigInt(String(wei)));
  const rounded = digits.length <= 2 ? digits : String(roundedUp(digits)) + '0'.repeat(digits.length - 2);
  const amount = readableAmount(rounded, currency);
  return rounded === digits ? amount : `≈ ${amount}`;
}

/** @param {string} digits */
function roundedUp(digits) {
  return BigInt(digits.slice(0, 2)) + (Number(digits[2]) >= 5 ? 1n : 0n);
}

/** `1234567.5` becomes `1,234,567.5`; anything that is not a plain number stays unchanged. @param {string} number */
export function groupedNumber(number) {
  const parts = /^(\d+)(\.\d+)?$/.exec(number);
  return parts ? grouped(BigInt(parts[1] ?? '0')) + (parts[2] ?? '') : number;
}

/** `1 byte`, `0 bytes`, `1,024 bytes`. @param {number | string} number a number, or one that is written already @param {string} unit in the singular */
export function counted(number, unit) {
  return `${number.toLocaleString('en')} ${unit}${String(number) === '1' ? '' : 's'}`;
}

/** @param {bigint} amount @param {bigint} unit */
function decimal(amount, unit) {
  const digits = String(unit).length - 1;
  const fraction = String(amount % unit).padStart(digits, '0').replace(/0+$/, '');
  return grouped(amount / unit) + (fraction && `.${fraction}`);
}

/** @param {bigint} whole */
function grouped(whole) {
  return String(whole).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
