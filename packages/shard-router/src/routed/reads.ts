import { type Frame, remainingMs, type ScopeOptions } from '../context/scope.ts';
import { checkQuery, checkScopeOptions } from '../entry/call-options.ts';
import { checkFunction } from '../entry/check-names.ts';
import { endScope } from '../context/lent.ts';
import { ShardUnavailableError } from '../errors.ts';
import { readInTransaction } from '../fence/attempt-transaction.ts';
import { fencedRows } from '../fence/fenced-rows.ts';
import { fencedSession } from '../fence/fenced-session.ts';
import { rowsOf } from '../fence/rows-fence.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { isReadOnlyServer } from '../pools/mysql-errors.ts';
import type { ShardSession } from '../pools/session.ts';
import type { Shard } from '../pools/shard.ts';
import type { RowKey } from '../routing/key-target.ts';
import { type StatementLike, statementOf } from '../write/statement.ts';
import { attemptsOf } from './attempts.ts';
import { routed, type RouterDependencies } from './dependencies.ts';

/**
 * Runs `fn` with a reading session on the owner of a number or a text key, or inside the key's open transaction around the
 * call.
 */
export async function readSession<T>(
  router: RouterDependencies,
  of: RowKey,
  fn: (session: ShardSession) => T | PromiseLike<T>,
  options: ScopeOptions,
): Promise<T> {
  checkFunction(fn, 'the callback of a read');
  checkScopeOptions(options, 'read');
  const outer = router.carrier.current();
  const rows = rowsOf(of, router.map.current);
  const { target } = rows;
  if (outer?.transaction !== undefined) return readInside(router, outer, target, fn, options);
  const { deadline, frame: frameOn } = attemptsOf(outer, target, options);
  const attempt = async (shard: number) => {
    const frame = frameOn(shard);
    try {
      return await onWriter(router.shards.get(shard), (writer) => fencedSession(writer, frame, rows, fn));
    } finally {
      endScope(frame.life);
    }
  };
  return routed(router, target, attempt, deadline);
}

/** Reads rows of a number or a text key on its owner, or inside the key's open transaction around the call. */
export async function readRows<Row>(
  router: RouterDependencies,
  of: RowKey,
  query: StatementLike<Row>,
  options: ScopeOptions,
): Promise<Row[]> {
  checkQuery(query);
  checkScopeOptions(options, 'readRows');
  const outer = router.carrier.current();
  const rows = rowsOf(of, router.map.current);
  const { target } = rows;
  if (outer?.transaction !== undefined) {
    const { sql, values } = statementOf(query);
    return readInside(router, outer, target, (session) => session.query<Row>(sql, values), options);
  }
  const { shards, limits } = router;
  const { deadline, frame: frameOn } = attemptsOf(outer, target, options);
  const attempt = (on: number) => {
    const frame = frameOn(on);
    const timeoutMs = () => remainingMs(frame, limits.statementTimeoutMs);
    const shard = shards.get(on);
    return onWriter(shard, () => fencedRows(shard.merging(), query, rows, timeoutMs));
  };
  return routed(router, target, attempt, deadline);
}

/**
 * Runs a read on a shard. When its server proves to be no writer any more, the read runs once more, on the new writer if any.
 */
async function onWriter<T>(shard: Shard, read: (shard: Shard) => Promise<T>): Promise<T> {
  const attempt = () => shard.attempt(() => read(shard));
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof ShardUnavailableError) || !isReadOnlyServer(error.cause ?? {})) throw error;
    await shard.probe();
    return attempt();
  }
}

function readInside<T>(
  { shards }: RouterDependencies,
  outer: Frame,
  target: WriteTarget,
  fn: (session: ShardSession) => T | PromiseLike<T>,
  { timeoutMs }: ScopeOptions,
): Promise<T> {
  const pool = shards.get(outer.shard).writer();
  return readInTransaction(pool, outer, outer.transaction!, target, timeoutMs, fn);
}
