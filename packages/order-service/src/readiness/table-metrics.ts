import { Gauge, type Registry } from 'prom-client';
import type { TableState } from './table-state.ts';

/** Metrics of what the tables of the shards lack, or will lack soon. Read when they are collected. */
export function registerTableMetrics(register: Registry, states: () => readonly TableState[]): void {
  const registers = [register];
  const gauge = (name: string, help: string, valueOf: (state: TableState) => number) => {
    const made: Gauge<'shard'> = new Gauge({
      name,
      help,
      registers,
      labelNames: ['shard'],
      collect: () => {
        made.reset();
        for (const state of states()) made.set({ shard: String(state.shard) }, valueOf(state));
      },
    });
  };
  gauge(
    'ordershard_partition_days_ahead',
    'UTC days after today that all tables of a shard have partitions for; -1 when one lacks that of today.',
    ({ partitions }) => partitions.days,
  );
  gauge(
    'ordershard_guard_definers_missing',
    'Users that are gone and that guards of a shard run as: it takes no writes.',
    ({ missingDefiners }) => missingDefiners.length,
  );
}
