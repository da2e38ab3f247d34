import type { Logger } from '@ordershard/process';
import type { OrderView } from '../projections/order-view.ts';
import { foldBatch } from './fold.ts';
import { deadLetterOf, type DeadLetters, type Source } from './message.ts';
import { isRetryable, retrying } from './retrying.ts';
import type { RefusedView } from '../views/write-views.ts';

export interface ProjectorParts {
  readonly source: Source;
  readonly deadLetters: DeadLetters;
  /** Stores views that are newer than what is there, and gives those that are refused. Throws ViewsUnavailableError. */
  readonly write: (views: readonly OrderView[]) => Promise<readonly RefusedView[]>;
  readonly log: Logger;
}

/** What a projector has done since it started. */
export interface ProjectorCounts {
  /** Events read and dealt with. */
  readonly events: number;
  /** Views written; events of one order in a batch are one. */
  readonly views: number;
  readonly deadLetters: number;
}

/**
 * Turns events into views, batch by batch. A batch's offsets are committed when all of it is stored: its views, and what
 * cannot be a view as dead letters. So each event takes effect at least once, and since a view only gives way to a newer
 * version, as if once.
 */
export class Projector {
  readonly #parts: ProjectorParts;
  #counts: ProjectorCounts = { events: 0, views: 0, deadLetters: 0 };
  /** What does not work now. */
  readonly #problems = new Map<string, string>();

  constructor(parts: ProjectorParts) {
    this.#parts = parts;
  }

  get counts(): ProjectorCounts {
    return this.#counts;
  }

  get problems(): readonly string[] {
    const { problem } = this.#parts.source;
    return [...(problem === undefined ? [] : [`Kafka: ${problem}`]), ...this.#problems.values()];
  }

  /** Projects until `signal` aborts, then finishes the batch under way unless a server keeps it from that. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, deadLetters, write } = this.#parts;
    for await (const batch of source.batches(signal)) {
      const folded = foldBatch(batch.messages);
      let failed = 0;
      try {
        if (folded.deadLetters.length > 0) {
          await this.#untilDone('storing dead letters', () => deadLetters.send(folded.deadLetters), signal);
        }
        const refused = await this.#untilDone('storing views', () => write(folded.views), signal);
        if (refused.length > 0) {
          const letters = refused.map(({ number, error }) =>
            deadLetterOf(folded.messages.get(number)!, error),
          );
          await this.#untilDone('storing refused views', () => deadLetters.send(letters), signal);
          failed = letters.length;
        }
      } catch (error) {
        if (isRetryable(error) && signal.aborted) break;
        throw error;
      }
      await batch.commit();
      this.#count(batch.messages.length, folded.views.length - failed, folded.deadLetters.length + failed);
    }
  }

  async #untilDone<T>(what: string, fn: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const report = (error: Error | undefined) => {
      if (error === undefined) this.#problems.delete(what);
      else this.#problems.set(what, `${what}: ${error.message}`);
    };
    return retrying(what, fn, { signal, log: this.#parts.log, report });
  }

  #count(events: number, views: number, deadLetters: number): void {
    const counts = this.#counts;
    this.#counts = {
      events: counts.events + events,
      views: counts.views + views,
      deadLetters: counts.deadLetters + deadLetters,
    };
    if (deadLetters > 0) this.#parts.log.warn({ deadLetters }, 'messages were not projected');
  }
}
