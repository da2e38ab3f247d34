import type { Logger } from '@ordershard/process';
import type { DeadLetter, SourceMessage } from '../projector/message.ts';
import { retrying } from '../projector/retrying.ts';
import type { DueEvents } from './due-source.ts';
import type { FailureEvents } from './kafka-failures.ts';
import type { LetterStore } from './letter-store.ts';
import { provenanceOf } from './provenance.ts';
import type { Stop } from './route.ts';

/**
 * Follows replayed letters through the retry topics, to know whether each took effect. A letter that is handled and did not
 * fail again is projected. A letter that becomes a dead letter again has returned.
 */
export class ReplayTrail implements DueEvents, FailureEvents {
  readonly #store: LetterStore;
  readonly #release: string;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  /** Replays that failed again, until this trail learns that they are handled. */
  readonly #failed = new Set<string>();

  constructor(store: LetterStore, release: string, log: Logger, signal: AbortSignal) {
    this.#store = store;
    this.#release = release;
    this.#log = log;
    this.#signal = signal;
  }

  async failed(failures: readonly { readonly letter: DeadLetter; readonly stop: Stop }[]): Promise<void> {
    for (const { letter, stop } of failures) {
      const { letter: id, reason } = stop.provenance;
      if (id === undefined) continue;
      this.#failed.add(placeOf(letter.message));
      if (stop.stage === undefined) await this.#move([id], 'returned', reason);
    }
  }

  async dealtWith(messages: readonly SourceMessage[]): Promise<void> {
    const projected: string[] = [];
    for (const message of messages) {
      if (this.#failed.delete(placeOf(message))) continue;
      const id = provenanceOf(message.headers)?.letter;
      if (id !== undefined) projected.push(id);
    }
    if (projected.length > 0) await this.#move(projected, 'projected', 'its replay took effect');
  }

  async #move(ids: readonly string[], state: 'projected' | 'returned', why: string): Promise<void> {
    const step = { at: new Date(), by: `projector ${this.#release}`, why };
    const options = { signal: this.#signal, log: this.#log };
    await retrying('noting what became of replays', () => this.#store.move(ids, state, step), options);
  }
}

function placeOf({ topic, partition, offset }: SourceMessage): string {
  return `${topic}/${partition}/${offset}`;
}
