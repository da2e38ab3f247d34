import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { codeOf, type RouterObserver } from '../observer.ts';

export interface PrometheusOptions {
  /** Where the metrics are registered. */
  readonly register: Registry;
  /** Before every name; default `ordershard_router_`. */
  readonly prefix?: string;
}

/** More codes than this in a process are counted as OTHER: labels must stay few, whatever servers say. */
const MAX_CODES = 64;
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const UNITS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * An observer that keeps prom-client metrics of each shard. Labels: shard (as many as are configured), role, kind,
 * outcome, reason (a few words each) and code (at most {@link MAX_CODES}); never a key, a table or a text of SQL.
 */
export function prometheusObserver({
  register,
  prefix = 'ordershard_router_',
}: PrometheusOptions): RouterObserver {
  const registers = [register];
  const histogram = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Histogram<L>({ name: `${prefix}${name}`, help, labelNames, buckets: SECONDS, registers });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter<L>({ name: `${prefix}${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge<L>({ name: `${prefix}${name}`, help, labelNames, registers });

  const acquire = histogram('acquire_seconds', 'Wait for a connection.', ['shard', 'role']);
  const statements = histogram('statement_seconds', 'Statements, sent to answered.', [
    'shard',
    'role',
    'kind',
  ]);
  const errors = counter('errors_total', 'Waits and statements that failed, by code.', ['shard', 'code']);
  const transactions = histogram('transaction_seconds', 'Transactions, begun to ended.', [
    'shard',
    'outcome',
  ]);
  const attempts = counter('transaction_attempts_total', 'Begins of transactions.', ['shard']);
  const fences = counter('fence_rejections_total', 'Rejections by the fence.', ['shard', 'reason']);
  const reloads = counter('map_reloads_total', 'Looks for a newer shard map.', ['outcome']);
  const version = gauge('map_version', 'Version of the shard map in use.', []);
  const breaker = gauge('breaker_open', '1 while a shard is left alone.', ['shard']);
  const failovers = counter('failovers_total', 'Changes of the server that takes writes.', ['shard']);
  const merged = new Histogram<'shard'>({
    name: `${prefix}merged_units`,
    help: 'Units of work that were committed together.',
    labelNames: ['shard'],
    buckets: UNITS,
    registers,
  });
  const numbers = counter('numbers_total', 'Numbers drawn.', []);

  const codes = new Set<string>();
  const boundedCode = (error: unknown): string => {
    const code = codeOf(error);
    if (codes.size < MAX_CODES) codes.add(code);
    return codes.has(code) ? code : 'OTHER';
  };
  const seconds = (begun: number) => (performance.now() - begun) / 1_000;

  return {
    connectionAcquired: (shard, role, waitedMs, error) => {
      acquire.observe({ shard, role }, waitedMs / 1_000);
      if (error !== undefined) errors.inc({ shard, code: boundedCode(error) });
    },
    statement: ({ shard, role, kind }) => {
      const begun = performance.now();
      return {
        end: ({ error }) => {
          statements.observe({ shard, role, kind }, seconds(begun));
          if (error !== undefined) errors.inc({ shard, code: boundedCode(error) });
        },
      };
    },
    transaction: () => {
      const begun = performance.now();
      return {
        end: ({ shard, outcome, attempts: begins }) => {
          transactions.observe({ shard, outcome }, seconds(begun));
          attempts.inc({ shard }, begins);
        },
      };
    },
    fenceRejected: (shard, reason) => fences.inc({ shard, reason }),
    mapReloaded: (current, error) => {
      reloads.inc({ outcome: error === undefined ? 'ok' : 'failed' });
      version.set(current);
    },
    breakerChanged: (shard, open) => breaker.set({ shard }, open ? 1 : 0),
    failedOver: (shard) => failovers.inc({ shard }),
    numbersDrawn: (count) => numbers.inc(count),
    unitsMerged: (shard, units) => merged.observe({ shard }, units),
  };
}
