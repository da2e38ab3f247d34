import { fileURLToPath } from 'node:url';
import { startProcess } from '@ordershard/stack';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { Findings } from '../faults/findings.ts';
import { Crew } from '../faults/move/crew.ts';
import { Seeded } from '../faults/seeded.ts';
import { percentile } from '../measure/percentile.ts';
import { textTable } from '../measure/table.ts';
import { copyByHand } from './floor.ts';
import { Foreground } from './foreground.ts';
import { longTransaction } from './long-transaction.ts';
import { Store } from './store.ts';

const RELAY = fileURLToPath(new URL('../../../outbox/src/bin.ts', import.meta.url));

const ORDERS = 100_000;
const PER_SECOND = 150;
/** How long callers are measured before anything moves, seconds. */
const BEFORE_S = 20;
/** How long a transaction is kept open on a bucket that is to move, seconds. */
const OPEN_S = 60;

interface Ran {
  readonly rows: number;
  readonly seconds: number;
  readonly switched: readonly unknown[];
  readonly pausesMs: readonly number[];
}

/**
 * Moves buckets between two servers as an operator would, with the embedded relay running: first at the default throttle
 * under callers at an even pace, then without callers as fast as it goes, against the same rows copied by hand; last with
 * a transaction that stays open on a bucket. `--count`: orders; `--rounds`: seconds that the transaction stays open.
 */
export async function run({
  count = ORDERS,
  rounds = OPEN_S,
  mysql,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const store = await Store.start({ shards: 2, members: 1, parts: ['mysql', 'kafka'], mysql, progress });
  const relay = await startProcess({ file: RELAY, args: ['relay'], env: store.env, readyWithinMs: 120_000 });
  const findings = new Findings(({ subject, detail }) => progress(`${subject}: ${detail}`));
  const crew = await Crew.open(store, 1, new Seeded(1), findings);
  let foreground: Foreground | undefined;
  try {
    await crew.fill(count, progress);
    await store.configure(2);
    await store.json(['shard', 'add', '1', '--yes']);
    foreground = await Foreground.open(store, PER_SECOND);
    await foreground.during(pause(5));
    const before = await foreground.during(pause(BEFORE_S));
    progress(`before: p99 ${percentile(before.latencies, 0.99).toFixed(1)} ms`);

    const throttled = store.json<Ran[]>(['run', '--yes'], progress);
    const during = await foreground.during(throttled);
    const [slow] = await throttled;
    await store.json(['cleanup', '--grace', '0', '--yes', '--unthrottled']);

    const [fast] = await store.json<Ran[]>(['run', '--empty', '0', '--unthrottled', '--yes'], progress);
    const rowsPerSecond = fast!.rows / fast!.seconds;
    await store.json(['cleanup', '--grace', '0', '--yes', '--unthrottled']);
    const floor = await copyByHand(store.urls[1]!, store.urls[0]!);

    await foreground.during(pause(5));
    const calm = await foreground.during(pause(BEFORE_S));
    const long = await longTransaction(store, foreground, {
      seconds: rounds,
      move: ['run', '--yes', '--output', 'json'],
      before: calm.latencies,
      moving: during.latencies,
    });

    const p99 = { before: percentile(before.latencies, 0.99), during: percentile(during.latencies, 0.99) };
    const pauses = slow!.pausesMs;
    const json = {
      rowsPerSecond: Math.round(rowsPerSecond),
      floor: Math.round(floor),
      ratioToFloor: round(rowsPerSecond / floor),
      p99Ratio: round(p99.during / p99.before),
      p99Ms: { before: round(p99.before), during: round(p99.during) },
      failed: before.failed + during.failed,
      pauseMs: {
        p50: round(percentile(pauses, 0.5)),
        p99: round(percentile(pauses, 0.99)),
        max: round(Math.max(...pauses)),
      },
      histogram: histogramOf(pauses),
      throttled: { rows: slow!.rows, seconds: round(slow!.seconds), buckets: slow!.switched.length },
      longTransaction: {
        ...long,
        p99Ratio: round(long.p99Ratio),
        p99RatioToMove: round(long.p99RatioToMove),
        moveSeconds: round(long.moveSeconds),
      },
    };
    const table = textTable(
      ['', 'figure'],
      [
        ['rows a second, unthrottled', String(json.rowsPerSecond)],
        ['the same by hand', String(json.floor)],
        ['ratio', String(json.ratioToFloor)],
        ['p99 of callers before and during, ms', `${json.p99Ms.before}, ${json.p99Ms.during}`],
        ['requests that failed', String(json.failed)],
        ['pause of a bucket, ms: p50, p99, max', Object.values(json.pauseMs).join(', ')],
        [
          'pauses by length',
          Object.entries(json.histogram)
            .map(([to, n]) => `${to}: ${n}`)
            .join(', '),
        ],
        [
          'p99 with a transaction left open, ratio to none moving, and to a move without one',
          `${json.longTransaction.p99Ratio}, ${json.longTransaction.p99RatioToMove}`,
        ],
        ['that transaction ended with', long.endedWith || 'its commit'],
        [
          'the move then ended with code, after seconds',
          `${long.moveCode}, ${json.longTransaction.moveSeconds}`,
        ],
      ],
    );
    return { table, json };
  } finally {
    await foreground?.close();
    await crew.close();
    await relay.kill();
    await store.end();
  }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
const round = (value: number) => Math.round(value * 100) / 100;

/** How many pauses were up to so many milliseconds long. */
function histogramOf(pauses: readonly number[]): Record<string, number> {
  const bounds = [50, 100, 200, 300, 500, 1_000, Infinity];
  return Object.fromEntries(
    bounds.map((bound, at) => [
      bound === Infinity ? 'more' : `≤ ${bound}`,
      pauses.filter((each) => each <= bound && each > (bounds[at - 1] ?? -1)).length,
    ]),
  );
}
