// Sends one message until the server has answered: how often, how soon again, and when it is given up.

import { backoff } from './backoff.js';
import { Elapsed } from './elapsed.js';
import { RequestError } from './http.js';

/** @import { Accepted } from './http.js' */
/** @import { OutgoingMessage } from './outbox.js' */

/** The number of answers that ask for another try after which a message is given up. */
const TRIES = 6;
/** A person's message that is older may no longer be wanted, so it waits for their word. */
const TRIED_BY_ITSELF_MS = 10 * 60_000;
const TOO_OLD = 'It has waited too long to be sent by itself.';

export class Delivery {
  /** Ends the pauses of messages that got no answer. @type {Set<() => void>} */
  #pauses = new Set();

  /** @param {number} retryDelay milliseconds @param {(message: OutgoingMessage) => Promise<Accepted>} request */
  constructor(retryDelay, request) {
    this.retryDelay = retryDelay;
    this.request = request;
  }

  /** The server can be reached again, so what got no answer is sent at once. */
  hurry() {
    for (const end of this.#pauses) end();
  }

  /** @param {OutgoingMessage} message @param {AbortSignal} withdrawn @returns {Promise<Accepted | null>} null: it was withdrawn */
  async post(message, withdrawn) {
    const waited = new Elapsed();
    let answers = 0;
    for (let failures = 1; !withdrawn.aborted; failures += 1) {
      try {
        return await this.request(message);
      } catch (error) {
        if (!(error instanceof RequestError) || !error.isTransient) throw error;
        answers += Number(error.status !== 0);
        if (!message.approval && answers >= TRIES) throw error;
        if (!message.approval && waited.ms >= TRIED_BY_ITSELF_MS) throw tooOld(error);
        await this.#pause(error, failures, withdrawn);
      }
    }
    return null;
  }

  /** @param {RequestError} error @param {number} failures @param {AbortSignal} withdrawn @returns {Promise<void>} */
  #pause({ status, retryAfter }, failures, withdrawn) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        withdrawn.removeEventListener('abort', end);
        this.#pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(retryAfter ?? 0, backoff(failures, this.retryDelay)));
      withdrawn.addEventListener('abort', end);
      if (status === 0) this.#pauses.add(end);
    });
  }
}

/** Whether a message from before a reload is sent without being asked for. A wallet's answer always is: money may have moved, and the server has to know. @param {OutgoingMessage} message */
export function isSentByItself({ approval, status, at }) {
  return status === 'sending' && (approval !== undefined || Date.now() - at < TRIED_BY_ITSELF_MS);
}

/** @param {RequestError} error */
function tooOld({ status, title, message }) {
  return new RequestError({ status, title, detail: `${message} ${TOO_OLD}` });
}
