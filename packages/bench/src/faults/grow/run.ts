import { fileURLToPath } from 'node:url';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { Store } from '../../move/store.ts';
import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { checkRows } from '../move/check-rows.ts';
import { Crew } from '../move/crew.ts';
import { allRelayed, checkEvents } from '../move/events.ts';
import { type Totals, totalsUpTo } from '../move/totals.ts';
import { resultOf } from '../report.ts';
import { Seeded } from '../seeded.ts';
import { Tallies } from '../series.ts';
import { until } from '../until.ts';
import { compareViews } from './views.ts';

const file = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

const ORDERS = 300_000;
const FROM = 2;
const TO = 4;
/** From this number of orders on, a run has as many buckets as a cluster has by default; few make a short run. */
const MANY = 10_000;
/** A long time, for a machine that may be busy. */
const PATIENCE_MS = 1_800_000;

interface Planned {
  readonly least: number;
  readonly rows: number;
  readonly plan: { readonly moves: readonly { readonly kind: string }[] };
}

interface Ran {
  readonly switched: readonly unknown[];
  readonly rows: number;
  readonly seconds: number;
  readonly pausesMs: readonly number[];
}

/**
 * Grows from two to four shards with `shard add` and `run`, under writes and reads from two processes, with a relay and a
 * projector running. Then it compares every row, every event and every view with what was acknowledged. A bucket that has to
 * move counts as a fault, and as landed when its shard owns it. `--count` is the number of orders.
 */
export async function run({ count = ORDERS, seed, mysql, progress }: FaultRunOptions): Promise<FaultResult> {
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const random = new Seeded(seed);
  const buckets = count < MANY ? 16 : 1_024;
  const store = await Store.start({
    buckets,
    shards: TO,
    members: FROM,
    parts: ['mysql', 'kafka', 'mongodb'],
    mysql,
    progress,
  });
  const started: OwnProcess[] = [];
  const start = async (script: string, ...args: string[]) => {
    const running = await startProcess({ file: file(script), args, env: store.env, readyWithinMs: 120_000 });
    started.push(running);
    return running;
  };
  let crew: Crew | undefined;
  try {
    await start('outbox/src/bin.ts', 'relay');
    await start('read-model/src/bin.ts', 'project');
    crew = await Crew.open(store, 2, random, findings);
    await crew.fill(count, progress);
    const cutoff = crew.highest;
    const filled = await totalsUpTo(store.urls.slice(0, FROM), cutoff, buckets);
    if (filled.orders !== count)
      findings.add('lost', 'before', `${filled.orders} orders are there of ${count}`);
    crew.start();

    await store.configure(TO);
    for (let shard = FROM; shard < TO; shard += 1)
      await store.json(['shard', 'add', String(shard), '--yes', '--reason', 'grow']);
    const planned = await store.json<Planned>(['plan']);
    progress(`moving ${planned.plan.moves.length} buckets, about ${planned.rows} rows`);
    const samples: Totals[] = [];
    const moving = store.json<Ran[]>(['run', '--yes', '--reason', 'grow'], progress);
    const underWay = { on: true };
    const ended = moving.finally(() => (underWay.on = false));
    ended.catch(() => undefined);
    while (underWay.on) {
      samples.push(await totalsUpTo(store.urls, cutoff, buckets));
      crew.check();
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const [ran] = await ended;
    for (const [at, sample] of samples.entries())
      if (sample.orders !== filled.orders || sample.amount !== filled.amount)
        findings.add(
          'lost',
          `sample ${at}`,
          `${sample.orders} orders, amount ${sample.amount} during the move`,
        );

    await crew.rest();
    const after = await totalsUpTo(store.urls, cutoff, buckets);
    if (after.orders !== filled.orders || after.amount !== filled.amount)
      findings.add('lost', 'after', `${after.orders} orders, amount ${after.amount}`);
    for (const [code, times] of crew.client.askedAgain)
      findings.add('mismatched', 'callers', `${times} requests failed with ${code}`);
    await store.json(['verify']);
    await store.json(['cleanup', '--grace', '0', '--yes', '--unthrottled']);
    const orders = await checkRows(store.urls, crew.journal, findings);
    await until('all to be relayed', () => allRelayed(store.urls), PATIENCE_MS);
    const brokers = store.env['ORDERSHARD_KAFKA_BROKERS']!;
    const topic = `${store.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}orders.snapshots`;
    const events = await checkEvents(store.urls, brokers, topic, findings);
    const views = await compareViews(store, crew.journal, findings, PATIENCE_MS);

    const tallies = new Tallies();
    for (let at = 0; at < planned.plan.moves.length; at += 1)
      tallies.add('bucket moved', at < ran!.switched.length ? `bucket ${at + 1} of the plan` : undefined);
    const numbers = planned.plan.moves.filter(({ kind }) => kind === 'numbers').length;
    const share = orders.reduce((sum, each) => sum + each, 0) / TO;
    const off = Math.max(...orders.map((each) => Math.abs(each - share) / share));
    if (numbers > planned.least + 2)
      findings.add('mismatched', 'plan', `${numbers} buckets moved, ${planned.least} would have done`);
    // Few orders are uneven by chance.
    if (count >= MANY && off > 0.03)
      findings.add('mismatched', 'balance', `a shard is ${(off * 100).toFixed(1)} % off`);
    return resultOf(tallies, findings, {
      redelivered: events.redelivered,
      acknowledged: crew.journal.acknowledged,
      summary: [
        `${crew.journal.orders.size} orders, ${crew.journal.acknowledged} requests acknowledged, ${crew.reads} of them reads; failed requests: ${[...crew.client.askedAgain.values()].reduce((a, b) => a + b, 0)}`,
        `${numbers} buckets of numbers moved (${planned.least} at the least), ${ran!.rows} rows in ${ran!.seconds.toFixed(1)} s, longest pause ${Math.round(Math.max(0, ...ran!.pausesMs))} ms`,
        `orders by shard: ${orders.join(', ')} (${(off * 100).toFixed(2)} % off at the most)`,
        `totals were equal in ${samples.length} samples during the move; ${events.events} events, ${events.messages} messages; ${views} views`,
      ].join('\n'),
    });
  } finally {
    await crew?.close();
    await Promise.all(started.map((running) => running.kill()));
    await store.end();
  }
}
