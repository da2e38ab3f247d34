import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { residentBytes } from '../measure/memory.ts';
import { rounded } from '../measure/rounded.ts';
import { textTable } from '../measure/table.ts';
import { openWriteCluster, type WriteCluster } from '../write/cluster.ts';
import type { Contender } from '../write/contender.ts';
import { chooseContender } from '../write/contenders.ts';
import { OrderMaker } from '../write/orders.ts';
import { emptyTables, verifyRows } from '../write/verify.ts';

const ORDERS = 1_000_000;
/** Orders after which memory is read for the first time. */
const FIRST = 100_000;
/** Orders after which the tables are looked through and emptied, so that the disk holds any number of them. */
const BATCH = 50_000;
const SHARDS = 2;
const CALLERS = 128;
const MEBIBYTE = 1_048_576;

/** A million orders through one process: the memory that it holds after the first hundred thousand, and at the end. */
export async function run({ count = ORDERS, only, mysql, progress }: BenchOptions): Promise<BenchResult> {
  const open = chooseContender(only, 'floor');
  const cluster = await openWriteCluster({
    shards: SHARDS,
    ...(mysql === undefined ? {} : { mysql }),
    progress,
  });
  try {
    const contender = await open(cluster, { work: 'fenced' });
    try {
      const start = performance.now();
      // A fraction of it where fewer than a million are asked for, so that a short trial says something too.
      const first = Math.min(FIRST, Math.ceil(count / 10));
      await placeAll(cluster, contender, first, 1, progress);
      const rssAfter100k = residentBytes();
      await placeAll(cluster, contender, count - first, 2, progress);
      const rssAtEnd = residentBytes();
      const seconds = (performance.now() - start) / 1_000;
      return {
        table: textTable(
          ['orders', `MiB after ${first}`, 'MiB at the end', 'growth', 'seconds'],
          [
            [
              String(count),
              (rssAfter100k / MEBIBYTE).toFixed(0),
              (rssAtEnd / MEBIBYTE).toFixed(0),
              (rssAtEnd / rssAfter100k).toFixed(3),
              seconds.toFixed(0),
            ],
          ],
        ),
        json: rounded({
          contender: contender.name,
          orders: count,
          first,
          rssAfter100k,
          rssAtEnd,
          growth: rssAtEnd / rssAfter100k,
          seconds,
        }),
      };
    } finally {
      await contender.close();
    }
  } finally {
    await cluster.close();
  }
}

/** Places orders in batches; after each, all must be there, and the tables are emptied. */
async function placeAll(
  cluster: WriteCluster,
  contender: Contender,
  count: number,
  seed: number,
  progress: (message: string) => void,
): Promise<void> {
  const maker = new OrderMaker(cluster.router, contender.name, seed);
  for (let left = count; left > 0;) {
    const batch = Math.min(left, BATCH);
    await placeBatch(contender, maker, batch);
    await verifyRows(cluster, [{ name: contender.name, acknowledged: batch, keyed: true }]);
    await emptyTables(cluster);
    left -= batch;
    progress(`${count - left} of ${count} orders, ${(process.memoryUsage.rss() / MEBIBYTE).toFixed(0)} MiB`);
  }
}

async function placeBatch(contender: Contender, maker: OrderMaker, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (left > 0) {
        left -= 1;
        await contender.place(maker.make());
      }
    }),
  );
}
