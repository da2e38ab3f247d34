import { ShardUnavailableError } from '../errors.ts';
import type { Shards } from '../pools/shards.ts';
import { ROUTER_TABLES } from '../topology/registry.ts';
import type { GuardedTable } from './guarded-table.ts';
import { guardedTablesOf } from './guarded-table.ts';
import { checkGuards } from './guards.ts';

/** The router's own tables that are guarded. */
export const OWN_GUARDED_TABLES: readonly GuardedTable[] = guardedTablesOf(ROUTER_TABLES);

/**
 * Checks that the tables of an application and the router's own have their guards, on every shard that answers. Checks
 * nothing when `tables` is undefined.
 *
 * @throws UnguardedTableError naming shard and table
 */
export async function checkGuardsOf(
  tables: readonly GuardedTable[] | undefined,
  shards: Shards,
): Promise<void> {
  if (tables === undefined) return;
  const all = [...OWN_GUARDED_TABLES, ...tables.filter(({ table }) => !isOwn(table))];
  await Promise.all(
    shards.all().map((shard) =>
      shard
        .operate((session) => checkGuards(session, all))
        .catch((error: unknown) => {
          if (!(error instanceof ShardUnavailableError)) throw error;
        }),
    ),
  );
}

function isOwn(name: string): boolean {
  return OWN_GUARDED_TABLES.some(({ table }) => table === name);
}
