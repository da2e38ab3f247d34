import { EnvelopeError } from '@ordershard/order-events';
import { LAST_NUMBER } from '@ordershard/order-rows';
import type { Logger } from '@ordershard/process';
import { Lanes, type Work } from './lanes.ts';
import { type DeadLetter, deadLetterOf, type DeadLetters, type Source } from './message.ts';
import type { Hydrate } from './hydrate.ts';
import { type Project, readWork, type ReadView, type Reference, unreadable } from './read-work.ts';
import { isRetryable, retrying } from './retrying.ts';

/** How a projector writes. */
export interface Pace {
  /** Orders that are written at once. */
  readonly atOnce: number;
  /** How many such writes may be under way. */
  readonly writes: number;
  /**
   * How long to rest after a write before the next may begin in its place, so that more can be written as one. Milliseconds.
   */
  readonly restMs: number;
}

/** For views whose only cost is the write: writes as fast as possible. */
export const EAGER: Pace = { atOnce: 500, writes: 4, restMs: 0 };

/** For views that are computed anew from much data: writes seldom, and for many events at once. */
export const SELDOM: Pace = { atOnce: 5_000, writes: 1, restMs: 1_000 };

export interface ProjectorParts<V> {
  readonly source: Source;
  readonly deadLetters: DeadLetters;
  readonly project: Project<V>;
  /** Reads the orders of events that do not hold them. Left out when every event holds its order. */
  readonly hydrate?: Hydrate | undefined;
  /** Returns the number below which orders are passed over now: their views are gone for good. */
  readonly lowest?: () => bigint;
  /**
   * Stores views that are newer than the stored ones. Returns the views that it could not store, by their index. `fresh` says
   * for each view whether its order may have no view yet. Throws ViewsUnavailableError.
   */
  readonly write: (views: readonly V[], fresh: readonly boolean[]) => Promise<readonly Unwritten[]>;
  readonly pace?: Pace;
  readonly log: Logger;
}

/** A view that was not stored, by its index, and why. */
export interface Unwritten {
  readonly index: number;
  readonly error: Error;
}

/** What a projector has done since it started. */
export interface ProjectorCounts {
  /** Events read and handled. */
  readonly events: number;
  /** Views written; events of one order that wait together are one. */
  readonly views: number;
  /** Messages handed on, to be retried or as dead letters. */
  readonly deadLetters: number;
  /** Orders passed over: past the retention, or below the views' lifetime. */
  readonly passedOver: number;
}

/**
 * Turns events into views. Handles orders side by side, and the events of one order in their order. A message is handled when
 * its view or a newer one is stored, or when the message is stored as a dead letter. Offsets are committed only below the
 * first message that is not handled. So each event takes effect at least once; and since a view only gives way to a newer
 * version, the effect is as if once.
 */
export class Projector<V> {
  readonly #parts: ProjectorParts<V>;
  readonly #pace: Pace;
  readonly #lanes = new Lanes();
  readonly #underway = new Set<Promise<void>>();
  readonly #failed = Promise.withResolvers<never>();
  #counts: ProjectorCounts = { events: 0, views: 0, deadLetters: 0, passedOver: 0 };
  /** The problems of now, by what was tried. */
  readonly #problems = new Map<string, string>();
  #writes = 0;
  #flooding = false;
  #begins = false;

  constructor(parts: ProjectorParts<V>) {
    this.#parts = parts;
    this.#pace = parts.pace ?? EAGER;
    this.#failed.promise.catch(() => undefined);
  }

  get counts(): ProjectorCounts {
    return this.#counts;
  }

  get partitions(): readonly number[] {
    return this.#parts.source.partitions;
  }

  get problems(): readonly string[] {
    const { problem, awaiting = [], standstills = [] } = this.#parts.source;
    return [
      ...(problem === undefined ? [] : [`Kafka: ${problem}`]),
      ...awaiting,
      ...this.#problems.values(),
      ...standstills.map(({ text }) => text),
    ];
  }

  get notices(): readonly string[] {
    return this.#parts.source.notices ?? [];
  }

  /** Projects until `signal` aborts. Then finishes the writes under way, unless a server prevents that. */
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

  /** Begins after the current turn of the event loop, so that all messages of one turn are folded first. */
  #beginSoon(signal: AbortSignal): void {
    if (this.#begins) return;
    this.#begins = true;
    setImmediate(() => {
      this.#begins = false;
      this.#begin(signal);
    });
  }

  #begin(signal: AbortSignal): void {
    const { atOnce, writes } = this.#pace;
    while (this.#writes < writes && !signal.aborted) {
      const works = this.#lanes.take(atOnce);
      if (works.length === 0) break;
      this.#writes += 1;
      this.#start(works, signal, () => (this.#writes -= 1));
    }
    if (this.#flooding || signal.aborted) return;
    const floods = this.#lanes.takeFloods(atOnce);
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
        const again = () => {
          end();
          this.#begin(signal);
        };
        if (this.#pace.restMs > 0 && !signal.aborted) setTimeout(again, this.#pace.restMs).unref();
        else again();
      });
    this.#underway.add(dealing);
  }

  async #deal(works: readonly Work[], signal: AbortSignal): Promise<void> {
    const { project, write } = this.#parts;
    const read = readWork(this.#within(works), project);
    await this.#handOn(read.deadLetters, signal);
    const views = [...read.views, ...(await this.#hydrated(read.references, signal))];
    const newer = views.map(({ view }) => view);
    const fresh = views.map((one) => one.fresh);
    const unwritten = await this.#untilDone('storing views', () => write(newer, fresh), signal);
    this.#count({ views: views.length - unwritten.length });
    const letters = unwritten.map(({ index, error }) => deadLetterOf(views[index]!.message, error));
    await this.#handOn(letters, signal);
  }

  /** Returns the works whose views are not gone for good. Counts the rest as passed over. */
  #within(works: readonly Work[]): readonly Work[] {
    const lowest = this.#parts.lowest?.() ?? 0n;
    if (lowest === 0n) return works;
    const within = works.filter(({ messages }) => !(numberOf(messages[0]?.key) < lowest));
    this.#count({ passedOver: works.length - within.length });
    return within;
  }

  async #hydrated(references: readonly Reference[], signal: AbortSignal): Promise<readonly ReadView<V>[]> {
    if (references.length === 0) return [];
    const { hydrate, project } = this.#parts;
    const hydrated =
      hydrate === undefined
        ? references.map(() => ({ error: new EnvelopeError('the event carries no order') }))
        : await hydrate(references);
    const views: ReadView<V>[] = [];
    const letters: DeadLetter[] = [];
    for (const [i, { message, fresh }] of references.entries()) {
      const one = hydrated[i]!;
      if ('expired' in one) this.#count({ passedOver: 1 });
      else if ('error' in one) letters.push(deadLetterOf(message, one.error));
      else {
        try {
          views.push({ view: project({ data: one.snapshot }), message, fresh });
        } catch (error) {
          letters.push(deadLetterOf(message, unreadable(error)));
        }
      }
    }
    await this.#handOn(letters, signal);
    return views;
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
    const { events, views, deadLetters, passedOver } = this.#counts;
    this.#counts = {
      events: events + (more.events ?? 0),
      views: views + (more.views ?? 0),
      deadLetters: deadLetters + (more.deadLetters ?? 0),
      passedOver: passedOver + (more.passedOver ?? 0),
    };
  }
}

/**
 * Returns the order number in a key. For a key that is no number, returns the highest one, so that the message is read, and
 * fails.
 */
function numberOf(key: Buffer | undefined): bigint {
  const text = key?.toString('latin1') ?? '';
  return /^\d{1,19}$/.test(text) ? BigInt(text) : LAST_NUMBER;
}
