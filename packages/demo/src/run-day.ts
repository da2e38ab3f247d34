import { compareStores } from './check/compare-stores.ts';
import { searchLogs } from './check/search-logs.ts';
import { TopicReader } from './check/read-kafka.ts';
import { readOwnership, withShards } from './check/read-mysql.ts';
import { ApiClient } from './play/api-client.ts';
import { InterruptedError } from './play/errors.ts';
import { Day } from './play/play-day.ts';
import { registerShops } from './play/register-shops.ts';
import { Shift } from './play/shift.ts';
import { Tokens } from './play/tokens.ts';
import { Chaos, planKills } from './processes/chaos.ts';
import { ProcessError } from './processes/errors.ts';
import { LiveView } from './report/live-view.ts';
import type { Summary } from './report/summary.ts';
import type { Scene } from './scene.ts';
import type { DemoSettings } from './settings.ts';
import type { Source } from './source.ts';
import { settle } from './watch/settle.ts';
import { watchViews } from './watch/view-stream.ts';

/**
 * After this time without any progress, missing data counts as lost. It is longer than any lease or session. Milliseconds.
 */
const STALL_MS = 60_000;

/** Connections beyond one for each life under way: for twins, and for requests that were hung up on. */
const SPARE_CONNECTIONS = 8;

export interface RunOptions {
  readonly settings: DemoSettings;
  readonly scene: Scene;
  readonly source: Source;
  readonly out: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;
  readonly signal: AbortSignal;
  readonly refuse: (line: number, reason: string) => void;
  /** How many rows of the input file were refused so far. */
  readonly refusedRows: () => number;
}

/** Plays the day on a scene, waits until every store has everything, and compares. Throws when interrupted. */
export async function runDay(options: RunOptions): Promise<Summary> {
  const { settings, scene, source, out, signal } = options;
  const { stores, product } = scene;
  const client = new ApiClient(scene.origin, settings.concurrency + SPARE_CONNECTIONS);
  const hangUp = () => void client.close();
  signal.addEventListener('abort', hangUp);
  const reader = new TopicReader(stores.brokers, stores.topic);
  try {
    const tokens = new Tokens(scene.env);
    const ownership = await withShards(stores.shards, readOwnership);
    const counters = { surprises: 0 };
    const refusedShops = await registerShops({ client, tokens, counters, signal }, source.shops());
    const shift = new Shift({
      client,
      tokens,
      ownership,
      shards: stores.shards.length,
      signal,
      refusedShops,
      refuse: options.refuse,
    });
    const views = await watchViews(stores.mongodb, shift.visibility);
    try {
      const chaos = settings.chaos
        ? new Chaos(
            product,
            planKills(settings.seed, source.orders),
            () => day.underWay,
            (error) => shift.failures.push(error.message),
          )
        : undefined;
      const day = new Day({
        concurrency: settings.concurrency,
        lengthMs: settings.rate === undefined ? 0 : (source.orders / settings.rate) * 1_000,
        signal,
        play: (arrival) => shift.lead(arrival),
        ...(chaos === undefined
          ? {}
          : { before: (begun) => chaos.before(begun), after: (begun) => chaos.after(begun) }),
      });
      const view = new LiveView(out, () => ({
        minute: day.minute,
        orders: source.orders,
        begun: day.begun,
        underWay: day.underWay,
        acknowledged: shift.ledger.entries.size,
        requests: client.requests,
        lag: shift.visibility.pending,
        visibleP50: shift.visibility.recentMedian(),
        perShard: shift.perShard,
        kills: chaos?.kills.filter((kill) => kill.landed).length,
      }));
      const start = performance.now();
      try {
        await day.play(source.arrivals());
      } finally {
        view.end();
      }
      throwIfInterrupted(signal);
      const seconds = (performance.now() - start) / 1_000;
      await chaos?.settled();
      view.say('the day is over: waiting until Kafka and MongoDB have everything');
      const { visibility } = shift;
      const settled = await settle({
        pending: () => (views.failure() === undefined ? visibility.pending : 0),
        progress: async () => [visibility.changes, ...(await reader.ends())].join(' '),
        stallMs: STALL_MS,
        signal,
      });
      throwIfInterrupted(signal);
      if (!settled) view.say(`nothing has moved for ${STALL_MS / 1_000} s: comparing what is there`);
      const broken = views.failure();
      if (broken !== undefined) shift.failures.push(`MongoDB's change stream broke: ${broken.message}`);
      view.say('comparing MySQL, Kafka and MongoDB with what was acknowledged');
      const comparison = await compareStores(stores, shift.ledger, shift.findings);
      const logLines = await searchLogs(scene.logDir, shift.personal, shift.findings);
      const acknowledged = shift.ledger.entries.size;
      return {
        acknowledged,
        effects: shift.ledger.effects,
        requests: client.requests,
        surprises: counters.surprises + shift.counters.surprises,
        perShard: comparison.perShard,
        events: comparison.events,
        redelivered: comparison.redelivered,
        views: comparison.views,
        logLines,
        ...shift.findings.counts,
        ordersPerSecond: acknowledged / seconds,
        seconds,
        visibleMs: { p50: visibility.percentile(0.5) ?? null, p99: visibility.percentile(0.99) ?? null },
        refusedRows: options.refusedRows(),
        kills: chaos?.kills ?? null,
        failures: shift.failures,
        examples: shift.findings.examples,
      };
    } finally {
      await views.close();
    }
  } finally {
    signal.removeEventListener('abort', hangUp);
    await Promise.all([client.close(), reader.close()]);
  }
}

function throwIfInterrupted({ aborted, reason }: AbortSignal): void {
  if (!aborted) return;
  throw reason instanceof ProcessError ? reason : new InterruptedError('the run was interrupted');
}
