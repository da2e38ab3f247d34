import { RouterError } from '../errors.ts';
import { comparePositions, type OrderColumn, type Position } from './columns.ts';
import { coversAll } from './cover.ts';
import { type MissingShard, ScatterCoverError, ScatterIncompleteError, ScatterOrderError } from './errors.ts';
import { ShardFeed } from './feed.ts';
import type { PlacedRow, ReadPage } from './page.ts';

export interface MergeOptions {
  /** Every shard of the cluster. */
  readonly shards: readonly number[];
  readonly order: readonly OrderColumn[];
  readonly read: ReadPage;
  /** Rows asked of a shard at once. */
  readonly pageSize: number;
  /** How many rows the reader still wants. */
  readonly wanted: () => number;
  /** The row to go on after. */
  readonly after: Position | undefined;
  /** How long a read is begun anew while buckets move under it, in milliseconds. */
  readonly coverTimeoutMs: number;
  /** Called with a shard that failed; decides whether the other shards go on. */
  readonly failed: (missing: MissingShard) => 'fail' | 'go on';
  readonly signal: AbortSignal;
}

/**
 * Merges the rows of all shards into one order. It yields rows only while their pages, taken together, hold every bucket
 * once. When buckets have moved in between, it reads all shards again from the last row on.
 */
export async function* mergeShards(options: MergeOptions): AsyncGenerator<PlacedRow, void, undefined> {
  const { order, signal, coverTimeoutMs } = options;
  const missing = new Map<number, MissingShard>();
  let position = options.after;
  let feeds = feedsFrom(options, missing, position);
  let uncoveredSince: number | undefined;
  for (let tries = 0; ;) {
    feeds = await loadDry(feeds, missing, options);
    if (missing.size === 0 && !coversAll(feeds.map((feed) => feed.cover!))) {
      uncoveredSince ??= performance.now();
      if (performance.now() - uncoveredSince > coverTimeoutMs) {
        throw new ScatterCoverError('buckets kept changing shards while they were read');
      }
      await backOff(tries, signal);
      tries += 1;
      feeds = feedsFrom(options, missing, position);
      continue;
    }
    uncoveredSince = undefined;
    tries = 0;
    const heads = feeds.filter((feed) => feed.head !== undefined);
    heads.sort((a, b) => comparePositions(order, a.head!.position, b.head!.position));
    for (let feed = heads.shift(); feed !== undefined; feed = heads.shift()) {
      signal.throwIfAborted();
      const head = feed.head!;
      checkPlace(order, position, head, missing.size > 0);
      position = head.position;
      feed.advance();
      yield head;
      if (feed.dry) break;
      if (feed.head !== undefined) heads.splice(placeOf(order, heads, feed.head.position), 0, feed);
    }
    if (feeds.every((feed) => !feed.dry && feed.head === undefined)) return;
  }
}

function feedsFrom(
  options: MergeOptions,
  missing: ReadonlyMap<number, MissingShard>,
  after: Position | undefined,
): ShardFeed[] {
  return options.shards
    .filter((shard) => !missing.has(shard))
    .map((shard) => new ShardFeed(shard, after, options));
}

/** Loads the next page of every feed that needs one. Returns the feeds that go on, and notes the others as missing. */
async function loadDry(
  feeds: readonly ShardFeed[],
  missing: Map<number, MissingShard>,
  { failed, signal }: MergeOptions,
): Promise<ShardFeed[]> {
  const outcomes = await Promise.allSettled(
    feeds.map(async (feed) => {
      if (feed.dry) await feed.load();
    }),
  );
  signal.throwIfAborted();
  const going: ShardFeed[] = [];
  let mayGoOn = true;
  for (const [i, outcome] of outcomes.entries()) {
    const feed = feeds[i]!;
    if (outcome.status === 'fulfilled') {
      going.push(feed);
      continue;
    }
    const error: unknown = outcome.reason;
    // An error that would come again, such as for a mistake in the query, does not mean that one shard is down.
    if (!(error instanceof RouterError && error.retryable)) throw error;
    const gone = { shard: feed.shard, error };
    missing.set(feed.shard, gone);
    if (failed(gone) === 'fail') mayGoOn = false;
  }
  if (!mayGoOn || going.length === 0) throw new ScatterIncompleteError([...missing.values()]);
  return going;
}

/** No row may come twice: the key has to be unique over all shards. */
function checkPlace(
  order: readonly OrderColumn[],
  before: Position | undefined,
  { position }: PlacedRow,
  incomplete: boolean,
): void {
  if (before === undefined || comparePositions(order, before, position) < 0) return;
  const place = `(${position.join(', ')})`;
  // Without all shards it cannot be told whether a bucket moved in between.
  if (incomplete) throw new ScatterCoverError(`two shards gave a row at ${place}`);
  throw new ScatterOrderError(
    `two shards gave a row at ${place}: the key of the table is not unique over shards`,
  );
}

/** Where a position belongs among feeds that are in order of their heads. */
function placeOf(order: readonly OrderColumn[], heads: readonly ShardFeed[], position: Position): number {
  let low = 0;
  let high = heads.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePositions(order, heads[middle]!.head!.position, position) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Waits a little longer each time, with jitter: up to 0.1 s. */
async function backOff(tries: number, signal: AbortSignal): Promise<void> {
  const ms = Math.random() * Math.min(100, 5 * 2 ** tries);
  await new Promise((resolve) => setTimeout(resolve, ms));
  signal.throwIfAborted();
}
