import type { OrderEvent } from '@ordershard/order-events';
import type { Logger } from '@ordershard/process';
import type { RefusedView } from '../views/write-views.ts';
import { Lanes, type Work } from './lanes.ts';
import { type DeadLetter, deadLetterOf, type DeadLetters, type Source } from './message.ts';
import { readWork } from './read-work.ts';
import { isRetryable, retrying } from './retrying.ts';

/** Orders that are written at once, and how many such writes may be under way. */
const AT_ONCE = 500;
const WRITES = 4;

export interface ProjectorParts<V> {
  readonly source: Source;
  readonly deadLetters: DeadLetters;
  /** The view of an order after an event. Throws ProjectionError. */
  readonly project: (event: OrderEvent) => V;
  /**
   * Stores views that are newer than what is there, and gives those that are refused, by their index. `fresh` tells of
   * each whether there may be none of its order yet. Throws ViewsUnavailableError.
   */
  readonly write: (views: readonly V[], fresh: readonly boolean[]) => Promise<readonly RefusedView[]>;
  readonly log: Logger;
}

/** What a projector has done since it started. */
export interface ProjectorCounts {
  /** Events read and dealt with. */
  readonly events: number;
  /** Views written; events of one order that wait together are one. */
  readonly views: number;
  readonly deadLetters: number;
}

/**
 * Turns events into views. Orders are dealt with side by side, the events of one in their order. A message is dealt with
 * when its view is stored, or a newer one, or when it is stored as a dead letter; and offsets are committed only below
 * the first that is not. So each event takes effect at least once, and since a view only gives way to a newer version,
 * as if once.
 */
export class Projector<V> {
  readonly #parts: ProjectorParts<V>;
  readonly #lanes = new Lanes();
  readonly #underway = new Set<Promise<void>>();
  readonly #failed = Promise.withResolvers<never>();
  #counts: ProjectorCounts = { events: 0, views: 0, deadLetters: 0 };
  /** What does not work now. */
  readonly #problems = new Map<string, string>();
  #writes = 0;
  #flooding = false;
  #begins = false;

  constructor(parts: ProjectorParts<V>) {
    this.#parts = parts;
    this.#failed.promise.catch(() => undefined);
  }

  get counts(): ProjectorCounts {
    return this.#counts;
  }

  get problems(): readonly string[] {
    const { problem } = this.#parts.source;
    return [...(problem === undefined ? [] : [`Kafka: ${problem}`]), ...this.#problems.values()];
  }

  /** Projects until `signal` aborts, then finishes the writes under way unless a server keeps it from that. */
  async run(signal: AbortSignal): Promise<void> {
    const { source } = this.#parts;
    const reading = source.read((chunk) => {
      this.#lanes.add({
        messages: chunk.messages,
        done: () => {
          this.#count({ events: chunk.messages.length });
          chunk.done();
        },
      });
      this.#beginSoon(signal);
    }, signal);
    try {
      await Promise.race([reading, this.#failed.promise]);
      await Promise.all(this.#underway);
    } finally {
      await source.leave();
    }
  }

  /** All that comes in one turn is folded before it is begun. */
  #beginSoon(signal: AbortSignal): void {
    if (this.#begins) return;
    this.#begins = true;
    setImmediate(() => {
      this.#begins = false;
      this.#begin(signal);
    });
  }

  #begin(signal: AbortSignal): void {
    while (this.#writes < WRITES && !signal.aborted) {
      const works = this.#lanes.take(AT_ONCE);
      if (works.length === 0) break;
      this.#writes += 1;
      this.#start(works, signal, () => (this.#writes -= 1));
    }
    if (this.#flooding || signal.aborted) return;
    const floods = this.#lanes.takeFloods(AT_ONCE);
    if (floods.length === 0) return;
    this.#flooding = true;
    this.#start(floods, signal, () => (this.#flooding = false));
  }

  #start(works: readonly Work[], signal: AbortSignal, end: () => void): void {
    const dealing = this.#deal(works, signal)
      .then(() => this.#lanes.finish(works))
      .catch((error: unknown) => {
        if (!(isRetryable(error) && signal.aborted)) this.#failed.reject(error);
      })
      .finally(() => {
        this.#underway.delete(dealing);
        end();
        this.#begin(signal);
      });
    this.#underway.add(dealing);
  }

  async #deal(works: readonly Work[], signal: AbortSignal): Promise<void> {
    const { project, write } = this.#parts;
    const { views, messages, fresh, deadLetters } = readWork(works, project);
    await this.#handOn(deadLetters, signal);
    const refused = await this.#untilDone('storing views', () => write(views, fresh), signal);
    this.#count({ views: views.length - refused.length });
    const letters = refused.map(({ index, error }) => deadLetterOf(messages[index]!, error));
    await this.#handOn(letters, signal);
  }

  async #handOn(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    if (letters.length === 0) return;
    await this.#untilDone('storing dead letters', () => this.#parts.deadLetters.send(letters), signal);
    this.#count({ deadLetters: letters.length });
    this.#parts.log.warn({ deadLetters: letters.length }, 'messages were not projected');
  }

  async #untilDone<T>(what: string, fn: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const report = (error: Error | undefined) => {
      if (error === undefined) this.#problems.delete(what);
      else this.#problems.set(what, `${what}: ${error.message}`);
    };
    return retrying(what, fn, { signal, log: this.#parts.log, report });
  }

  #count(more: Partial<ProjectorCounts>): void {
    const { events, views, deadLetters } = this.#counts;
    this.#counts = {
      events: events + (more.events ?? 0),
      views: views + (more.views ?? 0),
      deadLetters: deadLetters + (more.deadLetters ?? 0),
    };
  }
}
