import type { ShardSession } from '../pools/session.ts';
import {
  currentAccount,
  lacksDefiner,
  listTriggers,
  replaceGuards,
  type SeenTrigger,
} from '../sql/guards.ts';
import { UnguardedTableError } from './errors.ts';
import { type GuardTrigger, guardTriggers } from './guard-triggers.ts';
import { checkGuardedTables, type GuardedTable } from './guarded-table.ts';

/**
 * Creates the guards of some tables on a shard, and renews those that differ from what they should be or whose definer is
 * gone. Returns the names of those that it made.
 */
export async function makeGuards(
  session: ShardSession,
  tables: readonly GuardedTable[],
): Promise<readonly string[]> {
  const gone = new Set(await missingDefiners(session, tables));
  const wrong = await wrongGuards(session, tables, (trigger) => gone.has(trigger.definer));
  for (const [table, guards] of Map.groupBy(wrong, (guard) => guard.table))
    await replaceGuards(session, table, guards);
  return wrong.map(({ name }) => name);
}

/**
 * Checks that some tables have their guards on a shard.
 *
 * @throws UnguardedTableError when one is absent, or not the generated one
 */
export async function checkGuards(session: ShardSession, tables: readonly GuardedTable[]): Promise<void> {
  const [wrong] = await wrongGuards(session, tables);
  if (wrong !== undefined) throw new UnguardedTableError(session.shard, wrong.table, wrong.name);
}

/**
 * Returns the definers of guards of some tables whose accounts are gone: a trigger runs as the user that made it, so nothing
 * can be written to those tables. Tries one insert for each definer, which writes nothing.
 *
 * @param session an operator's
 * @returns accounts such as `deployer@%`, as far as they can be determined
 */
export async function missingDefiners(
  session: ShardSession,
  tables: readonly GuardedTable[],
): Promise<readonly string[]> {
  const wanted = checkGuardedTables(tables).flatMap(guardTriggers);
  const seen = await listTriggers(
    session,
    tables.map(({ table }) => table),
  );
  const inserts = seen.filter(
    (trigger) => trigger.event === 'INSERT' && wanted.some((guard) => isGuard(trigger, guard)),
  );
  const me = await currentAccount(session);
  const gone: string[] = [];
  for (const [definer, triggers] of Map.groupBy(inserts, (trigger) => trigger.definer))
    if (definer !== me && (await lacksDefiner(session, triggers[0]!.table))) gone.push(definer);
  return gone;
}

async function wrongGuards(
  session: ShardSession,
  tables: readonly GuardedTable[],
  isSpent: (trigger: SeenTrigger) => boolean = () => false,
): Promise<readonly GuardTrigger[]> {
  const wanted = checkGuardedTables(tables).flatMap(guardTriggers);
  const seen = await listTriggers(
    session,
    tables.map(({ table }) => table),
  );
  return wanted.filter((guard) => !seen.some((trigger) => isGuard(trigger, guard) && !isSpent(trigger)));
}

function isGuard(seen: SeenTrigger, { name, table, event, body }: GuardTrigger): boolean {
  return (
    seen.name === name &&
    seen.table === table &&
    seen.event === event &&
    seen.timing === 'BEFORE' &&
    seen.body.replaceAll('\r\n', '\n').trim() === body
  );
}
