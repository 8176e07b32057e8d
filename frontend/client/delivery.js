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
/** A wallet's answers: money may have moved, and the server has to know. A permission that has become old may no longer be meant. */
const MUST_ARRIVE = new Set(['sent', 'unknown', 'rejected']);

/**
 * `withdrawn`: nobody wants it sent any more. `waited`: since the person wrote it or asked for another try. `letPass`:
 * told when the messages behind this one need not wait for it any longer.
 * @typedef {{ withdrawn: AbortSignal, waited: Elapsed, letPass: () => void }} Sending
 */

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

  /** @param {OutgoingMessage} message @param {Sending} sending @returns {Promise<Accepted | null>} null: it was withdrawn */
  async post(message, { withdrawn, waited, letPass }) {
    let answers = 0;
    /** @type {RequestError | null} */
    let last = null;
    for (let failures = 1; !withdrawn.aborted; failures += 1) {
      if (!mustArrive(message) && waited.ms >= TRIED_BY_ITSELF_MS) throw tooOld(last);
      try {
        return await this.request(message);
      } catch (error) {
        if (!(error instanceof RequestError) || !error.isTransient) throw error;
        last = error;
        answers += Number(error.status !== 0);
        if (answers >= TRIES && !mustArrive(message)) throw error;
        if (answers >= TRIES) letPass();
        if (!withdrawn.aborted) await this.#pause(error, failures, withdrawn);
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

/** Whether a message from before a reload is sent without being asked for. @param {OutgoingMessage} message */
export function isSentByItself(message) {
  return message.status === 'sending' && (mustArrive(message) || Date.now() - message.at < TRIED_BY_ITSELF_MS);
}

/** @param {OutgoingMessage} message */
function mustArrive({ approval }) {
  return approval !== undefined && MUST_ARRIVE.has(approval.outcome);
}

/** @param {RequestError | null} last null: it waited for the messages before it */
function tooOld(last) {
  const { status = 0, title = 'No answer', message = '' } = last ?? {};
  return new RequestError({ status, title, detail: `${message} ${TOO_OLD}`.trim() });
}
