import { Counter, Gauge, type Registry } from 'prom-client';
import type { OverloadStatus } from '../overload/load-shedder.ts';

export interface MetricParts {
  readonly overload: () => OverloadStatus & { readonly waiting: number };
  /** Of all idempotency keys, those that live on shards that are not live. From 0 to 1. */
  readonly keysUnavailable: () => number;
}

/** Metrics of what is refused: because there is too much to do, and because a shard is down. Read when they are collected. */
export function registerRefusalMetrics(register: Registry, { overload, keysUnavailable }: MetricParts): void {
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
