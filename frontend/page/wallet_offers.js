// The wallets to choose from, as buttons by which a person can tell them apart. Anybody can give a wallet any name and
// picture, and also the domain name of another wallet's maker.

import { el, icon } from './dom.js';

/** @import { Offer } from './wallet.js' */

/** Whether two wallets cannot be told apart by what they state of themselves: one of them may imitate the other. @param {Offer} one @param {Offer} other */
export function areTwins(one, other) {
  return one !== other && (one.id === other.id || (Boolean(one.maker) && one.maker === other.maker));
}

/** A button's content: the picture, the label, and the wallet's maker if there is more than one wallet. @param {Offer} offer @param {string} label @param {Offer[]} offers @returns {(Node | null)[]} */
export function offerNodes(offer, label, offers) {
  const sign = offer.icon ? el('img', { src: offer.icon, alt: '', width: 20, height: 20 }) : null;
  const maker = isOneOfSeveral(offers) && offer.maker ? el('small', { class: 'wallet-maker', dir: 'ltr' }, offer.maker) : null;
  return [sign, el('span', { class: 'wallet-name' }, el('span', {}, label), maker)];
}

/** A warning if wallets cannot be told apart. @param {Offer[]} offers @returns {Node[]} */
export function twinNodes(offers) {
  const twins = offers.filter((offer) => offers.some((other) => areTwins(offer, other)));
  if (!twins.length) return [];
  const names = [...new Set(twins.map(({ name, maker }) => `${name} (${maker ?? 'it names no maker'})`))].join(', ');
  const text = `More than one wallet here says that it is ${names}. One of them may imitate the other: unless you installed both, connect neither.`;
  return [el('p', { class: 'approval-said', data: { tone: 'danger' } }, icon('warning'), el('span', {}, text))];
}

/** @param {Offer[]} offers */
function isOneOfSeveral(offers) {
  return offers.filter(({ chains }) => !chains).length > 1;
}
