import type { ShardSession } from '@ordershard/shard-router';
import { readRowsAfter, readRowsBetween, readRowsOf, type SessionRow } from '../sql/aggregate-rows.ts';
import { type AggregateRows, keyOf, type Layout } from './layout.ts';

/** What each table's rows are read from: see `rowsOf`. By the name of the table. */
export type Sources = (table: string) => string;

const AT_ONCE = 5_000;

/** Reads all numbers of a source with their rows, by number, some thousands at once. */
export async function* readAggregates(
  session: ShardSession,
  layout: Layout,
  source: Sources,
): AsyncGenerator<readonly AggregateRows[]> {
  const { root, children } = layout;
  for (let after = -1n; ;) {
    const rows = await readRowsAfter(session, source(root.table), root.columns, after, AT_ONCE);
    if (rows.length === 0) return;
    const upTo = BigInt(rows.at(-1)!['number'] as string);
    const below = new Map<string, SessionRow[]>();
    for (const child of children) {
      const from = source(child.table);
      below.set(child.table, await readRowsBetween(session, from, child.columns, keyOf(child), after, upTo));
    }
    yield together(rows, below);
    after = upTo;
  }
}

/** Reads some numbers with their rows, by number. */
export async function readAggregatesOf(
  session: ShardSession,
  layout: Layout,
  source: Sources,
  numbers: readonly bigint[],
): Promise<AggregateRows[]> {
  if (numbers.length === 0) return [];
  const { root, children } = layout;
  const rows = await readRowsOf(session, source(root.table), root.columns, keyOf(root), numbers);
  const below = new Map<string, SessionRow[]>();
  for (const child of children) {
    below.set(
      child.table,
      await readRowsOf(session, source(child.table), child.columns, keyOf(child), numbers),
    );
  }
  return together(rows, below);
}

/** Puts rows of the root and those of the other tables together by number. */
function together(
  rows: readonly SessionRow[],
  below: ReadonlyMap<string, readonly SessionRow[]>,
): AggregateRows[] {
  const grouped = [...below].map(
    ([table, some]) => [table, Map.groupBy(some, ({ number }) => number as string)] as const,
  );
  return rows.map((root) => {
    const number = root['number'] as string;
    const children = Object.fromEntries(grouped.map(([table, by]) => [table, by.get(number) ?? []]));
    return { number: BigInt(number), root, children };
  });
}
