import { Counter, Gauge, type Registry } from 'prom-client';
import type { KeyState } from '../keys/key-ring.ts';
import type { OverloadStatus } from '../overload/load-shedder.ts';
import { HEALTH_KINDS, type HealthKind, type RequestHealth } from './request-health.ts';

export interface MetricParts {
  readonly overload: () => OverloadStatus & { readonly waiting: number };
  /** The share of all idempotency keys that live on shards that are not live, from 0 to 1. */
  readonly keysUnavailable: () => number;
  /** Shards that the newest map names and that are not configured here. */
  readonly missingShards: () => number;
  readonly tokenKeys: () => KeyState;
  readonly health: (kind: HealthKind) => RequestHealth;
}

/**
 * Metrics of refused requests: for overload, for a shard that is down or unknown, or for token keys that cannot be fetched.
 * The values are read when the metrics are collected.
 */
export function registerRefusalMetrics(
  register: Registry,
  { overload, keysUnavailable, missingShards, tokenKeys, health }: MetricParts,
): void {
  const registers = [register];
  const gauge = (name: string, help: string, value: () => number) => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(value()) });
  };
  gauge(
    'ordershard_api_requests_limit',
    'Requests that may be under way at once now.',
    () => overload().limit,
  );
  gauge('ordershard_api_requests_under_way', 'Requests that are under way now.', () => overload().underWay);
  gauge('ordershard_api_connections_waiting', 'Connections that are not read now.', () => overload().waiting);
  gauge(
    'ordershard_api_keys_unavailable',
    'Share of idempotency keys whose shard does not answer, from 0 to 1.',
    keysUnavailable,
  );
  gauge(
    'ordershard_api_shards_missing',
    'Shards that the newest map names and that are not configured here.',
    missingShards,
  );
  gauge(
    'ordershard_api_token_keys_stale',
    '1 while the keys of tokens cannot be had, whether those of before are gone by or not.',
    () => (tokenKeys().state === 'up' ? 0 : 1),
  );
  const failing: Gauge<'kind'> = new Gauge({
    name: 'ordershard_api_failing_share',
    help: 'Of the requests of the last half minute, those that failed for no fault of their callers, from 0 to 1.',
    labelNames: ['kind'],
    registers,
    collect: () => {
      for (const kind of HEALTH_KINDS) {
        const { done, failed } = health(kind);
        failing.set({ kind }, failed === 0 ? 0 : failed / (done + failed));
      }
    },
  });
  let told = 0;
  const shed: Counter = new Counter({
    name: 'ordershard_api_requests_shed_total',
    help: 'Requests that were refused because there was too much to do.',
    registers,
    collect: () => {
      const { shed: now } = overload();
      shed.inc(now - told);
      told = now;
    },
  });
}
