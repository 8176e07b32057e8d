import { byId } from './dom.js';

/** @import { ConnectionStatus } from '../client/transport.js' */

const WORDS = /** @type {Record<ConnectionStatus, string>} */ ({
  connecting: 'Connecting',
  connected: 'Live',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  disconnected: 'Disconnected',
});

/** @param {ConnectionStatus} status */
export function showConnection(status) {
  const badge = byId('connection', HTMLElement);
  if (badge.dataset.connection === status) return;
  badge.dataset.connection = status;
  byId('connection-words', HTMLElement).textContent = WORDS[status];
  badge.title = status === 'connected' ? 'Connected: new text appears as it is written' : WORDS[status];
}
