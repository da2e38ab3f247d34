import { setTimeout as sleep } from 'node:timers/promises';
import { scanOrders } from '@ordershard/order-rows';
import type { OrderView } from '../projections/order-view.ts';
import { type Difference, judge } from './judge.ts';
import { mend } from './mend.ts';
import { type Mended, mendDerived } from './mend-derived.ts';
import type { PassCounts, PassProgress, ProgressStore } from './progress.ts';
import { settle, type SettleParts } from './settle.ts';

export interface PassParts extends SettleParts {
  readonly progress: ProgressStore;
}

export interface PassOptions {
  /** Whether to mend differences. */
  readonly repair: boolean;
  /** The most orders and views to read at once. */
  readonly chunk: number;
  /** Orders a second at the most. */
  readonly rate: number;
  readonly signal: AbortSignal;
  /** Called after each chunk. */
  readonly report?: (progress: PassProgress) => void;
  /** Called with each difference. */
  readonly found?:
    ((difference: { number: bigint; kind: Difference; repaired: boolean }) => void) | undefined;
}

/**
 * Compares all orders with their views, from the lowest number up, and returns the result. Goes on from the given progress,
 * and stores its own as soon as all that was read is settled. When `signal` aborts, the stored progress stays, so that
 * another pass can go on from it.
 *
 * @throws the router's errors, the driver's, KafkaUnavailableError, OrdersUnsettledError
 */
export async function runPass(
  parts: PassParts,
  start: PassProgress,
  options: PassOptions,
): Promise<PassProgress> {
  const { repair, chunk, rate, signal, report, found } = options;
  let settled = start;
  let read = start;
  let doubts: bigint[] = [];
  let settledAt = performance.now();
  while (!settled.finished && !signal.aborted) {
    const begun = performance.now();
    const compared = await compareChunk(parts, read, chunk);
    doubts.push(...compared.doubts);
    const counts = { ...read.counts };
    counts.checked += compared.checked;
    counts.expired += compared.expired;
    read = { ...read, after: compared.upTo, counts, finished: compared.upTo === read.upTo };
    const due = doubts.length === 0 || doubts.length >= DOUBTS || performance.now() - settledAt > SETTLE_MS;
    if (due || read.finished) {
      await settleDoubts(parts, doubts, counts, { repair, found });
      settled = read = { ...read, updatedAt: new Date() };
      await parts.progress.save(settled);
      [doubts, settledAt] = [[], performance.now()];
    }
    report?.(read);
    await throttle(compared.checked, rate, begun, signal);
  }
  return settled;
}

/**
 * The pass settles doubts together: when there are this many, or after `SETTLE_MS` milliseconds. Each time it must wait for
 * events on their way.
 */
const DOUBTS = 1_000;
const SETTLE_MS = 5_000;

async function settleDoubts(
  parts: PassParts,
  doubts: readonly bigint[],
  counts: PassCounts,
  { repair, found }: Pick<PassOptions, 'repair' | 'found'>,
): Promise<void> {
  const { differences, unsettled } = await settle(parts, doubts);
  const mended: Mended[] = [];
  for (const difference of differences) {
    const done = repair ? await mend(parts.router, parts.views, difference) : undefined;
    const repaired = done !== undefined;
    counts[difference.kind] += 1;
    if (repaired) {
      counts.repaired += 1;
      mended.push(done);
    }
    found?.({ number: difference.number, kind: difference.kind, repaired });
  }
  await mendDerived(parts.views.db, mended);
  counts.unsettled += unsettled.length;
}

interface Comparison {
  readonly upTo: bigint;
  readonly checked: number;
  readonly expired: number;
  /** Numbers whose order and view differ; the two were read at different times. */
  readonly doubts: readonly bigint[];
}

async function compareChunk(
  parts: PassParts,
  { after, upTo }: Pick<PassProgress, 'after' | 'upTo'>,
  limit: number,
): Promise<Comparison> {
  const read = (await parts.views
    .find({ _id: { $gt: after, $lte: upTo } })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray()) as OrderView[];
  const ceiling = read.length < limit ? upTo : read.at(-1)!._id;
  const orders = await scanOrders(parts.router, { after, upTo: ceiling, limit });
  const views = new Map(read.filter(({ _id }) => _id <= orders.upTo).map((view) => [view._id, view]));
  const doubts: bigint[] = [];
  let expired = 0;
  for (const snapshot of orders.snapshots) {
    const number = BigInt(snapshot.number);
    if (judge({ snapshot, expired: false }, views.get(number)) !== 'equal') doubts.push(number);
    views.delete(number);
  }
  const alone = views.size;
  for (const view of views.values()) {
    if (orders.expired(view._id)) expired += 1;
    else doubts.push(view._id);
  }
  return { upTo: orders.upTo, checked: orders.snapshots.length + alone, expired, doubts };
}

/** Waits until reading `count` orders since `begun` keeps to `rate` orders a second. */
export async function throttle(
  count: number,
  rate: number,
  begun: number,
  signal: AbortSignal,
): Promise<void> {
  const left = (count / rate) * 1_000 - (performance.now() - begun);
  if (left > 0) await sleep(left, undefined, { signal }).catch(() => undefined);
}
