import { LAST_NUMBER, type OrderRouter, readOrders } from '@ordershard/order-rows';
import { lowestNumberAt } from '@ordershard/shard-router';
import type { Collection, Db } from 'mongodb';
import type { OrderView } from '../projections/order-view.ts';
import { expectedView } from '../verify/expected-view.ts';
import { throttle } from '../verify/pass.ts';
import { CLOCKS_APART_MS, PROGRESS } from '../verify/progress.ts';
import { readViews } from '../verify/settle.ts';
import { withoutErased } from '../views/erasures.ts';
import { writeViews } from '../views/write-views.ts';
import type { OrderSource, SourceChunk } from './order-source.ts';
import { DURABLE } from '../views/write-concern.ts';

/** How far a copy has come. The phases are the sources, one after another, then `carry over`, then `done`. */
export interface CopyProgress {
  readonly phase: string;
  readonly after: bigint;
  /** The last number to copy: orders that are placed later arrive by their events. */
  readonly upTo: bigint;
  /** Views written from orders. */
  readonly copied: number;
  /** Views that were taken over from the old collection, since their orders are past the retention. */
  readonly carriedOver: number;
  readonly updatedAt: Date;
}

export const CARRY_OVER = 'carry over';
export const DONE = 'done';

export interface CopyParts {
  readonly router: OrderRouter;
  readonly db: Db;
  readonly sources: readonly OrderSource[];
  readonly from: Collection<OrderView>;
  readonly to: Collection<OrderView>;
}

export interface CopyOptions {
  /** The number of orders to read at once. */
  readonly chunk: number;
  /** Orders a second at the most. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly report?: (progress: CopyProgress) => void;
}

type Stored = CopyProgress & { readonly _id: string };

const progressOf = (db: Db) => db.collection<Stored>(PROGRESS, { writeConcern: DURABLE });

const idOf = (to: string) => `rebuild ${to}`;

/** Returns how far the copy into a collection has come; undefined when it has not begun. */
export async function readCopyProgress(db: Db, to: string): Promise<CopyProgress | undefined> {
  const found = await progressOf(db).findOne({ _id: idOf(to) });
  if (found === null) return undefined;
  const { _id, ...progress } = found;
  return progress;
}

/**
 * Fills the new collection: first with the orders that the sources hold, then with the views whose orders no source holds any
 * more. Goes on from the stored progress. A chunk that was half done is done again; the version gate makes that harmless.
 */
export async function copyViews(parts: CopyParts, options: CopyOptions): Promise<CopyProgress> {
  const { db, sources, to } = parts;
  const phases = [...sources.map(({ name }) => name), CARRY_OVER, DONE];
  let progress: CopyProgress = (await readCopyProgress(db, to.collectionName)) ?? {
    phase: phases[0]!,
    after: -1n,
    upTo: lowestNumberAt(Date.now() + CLOCKS_APART_MS),
    copied: 0,
    carriedOver: 0,
    updatedAt: new Date(),
  };
  const ahead = new ReadAhead(progress.upTo, options.chunk);
  while (progress.phase !== DONE && !options.signal.aborted) {
    const begun = performance.now();
    const source = sources.find(({ name }) => name === progress.phase);
    const step =
      source === undefined
        ? await carryOver(parts, progress.after, options.chunk)
        : await copyChunk(parts, await ahead.take(source, progress.after), progress);
    progress = {
      ...progress,
      ...(step.over
        ? { phase: phases[phases.indexOf(progress.phase) + 1]!, after: -1n }
        : { after: step.upTo }),
      copied: progress.copied + (source === undefined ? 0 : step.written),
      carriedOver: progress.carriedOver + (source === undefined ? step.written : 0),
      updatedAt: new Date(),
    };
    await progressOf(db).replaceOne({ _id: idOf(to.collectionName) }, progress, { upsert: true });
    options.report?.(progress);
    await throttle(step.read, options.rate, begun, options.signal);
  }
  return progress;
}

interface Step {
  readonly upTo: bigint;
  /** Whether this phase is complete. */
  readonly over: boolean;
  readonly read: number;
  readonly written: number;
}

/** Reads the next chunk of a source while the last one is stored. */
class ReadAhead {
  readonly #end: bigint;
  readonly #limit: number;
  #next:
    { readonly of: OrderSource; readonly after: bigint; readonly chunk: Promise<SourceChunk> } | undefined;

  constructor(end: bigint, limit: number) {
    this.#end = end;
    this.#limit = limit;
  }

  /** Returns the chunk that follows `after`. Throws the errors of the source. */
  async take(source: OrderSource, after: bigint): Promise<SourceChunk> {
    const known = this.#next?.of === source && this.#next.after === after ? this.#next.chunk : undefined;
    this.#next = undefined;
    const taken = await (known ?? source.read(after, this.#end, this.#limit));
    if (taken.upTo < this.#end) {
      const chunk = source.read(taken.upTo, this.#end, this.#limit);
      // An error is thrown later, by the call that takes this chunk.
      chunk.catch(() => undefined);
      this.#next = { of: source, after: taken.upTo, chunk };
    }
    return taken;
  }
}

async function copyChunk(
  { db, to }: CopyParts,
  { snapshots, upTo }: SourceChunk,
  { upTo: end }: CopyProgress,
): Promise<Step> {
  await writeAll(db, to, snapshots.map(expectedView));
  return { upTo, over: upTo >= end, read: snapshots.length, written: snapshots.length };
}

/** Takes over the views whose orders are past the retention, and marks them so. Leaves behind views of no order. */
async function carryOver({ router, db, from, to }: CopyParts, after: bigint, limit: number): Promise<Step> {
  const old = (await from
    .find({ _id: { $gt: after } })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray()) as OrderView[];
  const numbers = old.map(({ _id }) => _id);
  const there = await readViews(to, numbers);
  const alone = numbers.filter((number) => !there.has(number));
  const answers = alone.length === 0 ? [] : await readOrders(router, alone);
  const expired = new Set(
    answers.filter((answer) => answer.snapshot === undefined && answer.expired).map(({ number }) => number),
  );
  const carried = old.filter(({ _id }) => expired.has(_id)).map((view) => ({ ...view, carriedOver: true }));
  await writeAll(db, to, carried);
  const over = old.length < limit;
  return {
    upTo: over ? LAST_NUMBER : numbers.at(-1)!,
    over,
    read: old.length,
    written: carried.length,
  };
}

/**
 * Stores views, most of which are not there yet, without the personal data of erased members.
 *
 * @throws ViewRefusedError or ViewTooLargeError of the first view that is refused, when all others are stored
 */
async function writeAll(db: Db, to: Collection<OrderView>, views: readonly OrderView[]): Promise<void> {
  const { refused } = await writeViews(to, await withoutErased(db, views), () => true);
  if (refused[0] !== undefined) throw refused[0].error;
}
