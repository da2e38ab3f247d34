import { hostname } from 'node:os';
import { userName } from '@ordershard/process';
import type { ShardSessions } from '@ordershard/shard-router';
import { AuditUnavailableError } from '../errors.ts';
import type { LogEntry } from './log-entry.ts';
import { EXIT, exitCodeOf } from '../cli/exit-codes.ts';
import { endAction, type Outcome } from '../sql/audit/end-action.ts';
import { insertAction } from '../sql/audit/insert-action.ts';
import { type ActionRow, listActions } from '../sql/audit/list-actions.ts';

/** What an operator is about to do. */
export interface Action {
  /** The command, such as `shard add`. */
  readonly action: string;
  readonly reason: string | undefined;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Who does it; default: the user of the operating system. */
  readonly actor?: string;
}

/** The shard that keeps the log: the one with the lowest id. */
export function arbiterOf({ shards }: Pick<ShardSessions, 'shards'>): number {
  return shards[0]!;
}

/**
 * Runs an action between two notes in the audit log: what it is to do, and how it ended. A killed action stays `running` in
 * the log.
 *
 * @param fn gets the row of the log; when `fn` hands the log over to another shard, this object names the new place
 *
 * @throws AuditUnavailableError when the first note cannot be written; nothing was done then
 */
export async function audited<T>(
  cluster: ShardSessions,
  { action, reason, arguments: given, actor = userName() }: Action,
  fn: (entry: LogEntry) => Promise<T>,
): Promise<T> {
  const arbiter = arbiterOf(cluster);
  const text = JSON.stringify(given, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  let entry: LogEntry;
  try {
    const id = await cluster.onShard(arbiter, (session) =>
      insertAction(session, {
        action,
        actor,
        place: `${hostname()}:${process.pid}`,
        reason: reason ?? null,
        arguments: text,
      }),
    );
    entry = { shard: arbiter, id };
  } catch (cause) {
    const why =
      (cause as { errno?: number }).errno === 1146
        ? 'it has no table for it: migrate it first'
        : (cause as Error).message;
    throw new AuditUnavailableError(
      `the audit log on shard ${arbiter} cannot be written, so nothing was done: ${why}`,
      { cause },
    );
  }
  const end = (outcome: Outcome, detail: string | null) =>
    // A log that cannot be completed must not hide how the action ended: the row stays 'running'.
    cluster
      .onShard(entry.shard, (session) => endAction(session, entry.id, outcome, detail))
      .catch(() => undefined);
  try {
    const result = await fn(entry);
    await end('done', null);
    return result;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const exitCode = exitCodeOf(error as Error);
    await end(
      exitCode === EXIT.refused || exitCode === EXIT.held
        ? 'refused'
        : exitCode === EXIT.unfinished
          ? 'stopped'
          : 'failed',
      `${code === undefined ? '' : `${code}: `}${message}`.slice(0, 4_000),
    );
    throw error;
  }
}

/** The newest actions, newest first. */
export function readHistory(cluster: ShardSessions, limit: number): Promise<ActionRow[]> {
  return cluster.onShard(arbiterOf(cluster), (session) => listActions(session, limit));
}
