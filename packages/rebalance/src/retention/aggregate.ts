import type { TableRegistration } from '@ordershard/shard-router';
import { RegistryError } from './errors.ts';

/** A table that holds rows of numbers, and the table for rows that outlive their day. */
export interface AggregatePart {
  readonly table: string;
  readonly carriedIn: string;
}

/** The tables of what a number stands for: a row of the root, and its rows in the other tables. */
export interface Aggregate {
  readonly root: AggregatePart;
  /** An SQL condition on a row of the root that will not change any more. */
  readonly finalWhen: string;
  /** All tables, the root first. */
  readonly parts: readonly AggregatePart[];
  /** The outbox tables with its events. */
  readonly outbox: readonly string[];
}

/** Finds in a registry which tables hold the rows of numbers. @throws RegistryError naming the table that is wrong */
export function aggregateOf(tables: readonly TableRegistration[]): Aggregate {
  const byNumber = tables.filter(({ partitionedBy }) => partitionedBy === 'number');
  const roots = byNumber.filter(({ finalWhen }) => finalWhen !== undefined);
  const [root] = roots;
  if (root === undefined || roots.length > 1) {
    throw new RegistryError(
      `one table partitioned by number has a finalWhen, which makes it the root; the registry has ${
        roots.map(({ table }) => table).join(', ') || 'none'
      }`,
    );
  }
  const partOf = ({ table, carriedIn }: TableRegistration): AggregatePart => {
    if (carriedIn === undefined) {
      throw new RegistryError(`${table} says no carriedIn, for rows of numbers that outlive their day`);
    }
    return { table, carriedIn };
  };
  return {
    root: partOf(root),
    finalWhen: root.finalWhen!,
    parts: [root, ...byNumber.filter((table) => table !== root)].map(partOf),
    outbox: tables.filter(({ outbox }) => outbox === true).map(({ table }) => table),
  };
}
