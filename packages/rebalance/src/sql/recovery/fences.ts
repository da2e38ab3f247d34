import type { FenceState, ShardSession } from '@ordershard/shard-router';
import type { MoveKind } from '../../move/move-plan.ts';
import { TABLE } from '../move/fences.ts';

/** A row of key_fences. */
export interface KeyFenceRow {
  readonly bucket: number;
  readonly key_generation: number;
  readonly state: FenceState;
  readonly next_owner: number | null;
  /** Decimal text. */
  readonly range_from: string;
  readonly range_to: string;
}

/** A row of text_fences. */
export interface TextFenceRow {
  readonly bucket: number;
  readonly state: FenceState;
  readonly next_owner: number | null;
}

/** All fences of keys of a shard under exclusive locks. A small table. */
export function lockKeyFences(session: ShardSession): Promise<readonly KeyFenceRow[]> {
  return session.query<KeyFenceRow>(
    `SELECT bucket, key_generation, state, next_owner, CAST(range_from AS CHAR) AS range_from, CAST(range_to AS CHAR) AS range_to
       FROM key_fences FORCE INDEX (PRIMARY) ORDER BY bucket, key_generation FOR UPDATE`,
  );
}

/** Makes a fence of keys, or makes it what it is to be. One row by primary key. */
export async function putKeyFence(session: ShardSession, fence: KeyFenceRow): Promise<void> {
  await session.execute(
    `INSERT INTO key_fences (bucket, key_generation, state, generation, next_owner, range_from, range_to)
     VALUES (?, ?, ?, 1, ?, ?, ?)
     ON DUPLICATE KEY UPDATE state = VALUES(state), next_owner = VALUES(next_owner), generation = key_fences.generation + 1,
       range_from = VALUES(range_from), range_to = VALUES(range_to)`,
    [
      fence.bucket,
      fence.key_generation,
      fence.state,
      fence.next_owner,
      BigInt(fence.range_from),
      BigInt(fence.range_to),
    ],
  );
}

/** Takes a fence of keys away whose generation is over. One row by primary key. */
export async function deleteKeyFence(
  session: ShardSession,
  { bucket, key_generation }: Pick<KeyFenceRow, 'bucket' | 'key_generation'>,
): Promise<void> {
  await session.execute('DELETE FROM key_fences WHERE bucket = ? AND key_generation = ?', [
    bucket,
    key_generation,
  ]);
}

/** All fences of texts of a shard under exclusive locks. A small table. */
export function lockTextFences(session: ShardSession): Promise<readonly TextFenceRow[]> {
  return session.query<TextFenceRow>(
    'SELECT bucket, state, next_owner FROM text_fences FORCE INDEX (PRIMARY) ORDER BY bucket FOR UPDATE',
  );
}

/** Makes a fence of texts what it is to be. One row by primary key. */
export async function putTextFence(session: ShardSession, fence: TextFenceRow): Promise<void> {
  await session.execute(
    `INSERT INTO text_fences (bucket, state, generation, next_owner) VALUES (?, ?, 1, ?)
     ON DUPLICATE KEY UPDATE state = VALUES(state), next_owner = VALUES(next_owner), generation = text_fences.generation + 1`,
    [fence.bucket, fence.state, fence.next_owner],
  );
}

/**
 * Gives up what a shard expects from another, but for some buckets: its fences send everyone there again. Locks the fences
 * that change; scans of small tables.
 */
export async function giveUpExpected(
  session: ShardSession,
  kind: MoveKind,
  from: number,
  except: readonly number[],
): Promise<void> {
  const but = except.length === 0 ? '' : ` AND bucket NOT IN (${except.map(() => '?').join(', ')})`;
  await session.execute(
    `UPDATE ${TABLE[kind].name} SET state = 'moved', generation = generation + 1
      WHERE state = 'importing' AND next_owner = ?${but}`,
    [from, ...except],
  );
}

/** Makes a shard the owner again by a fence that sends everyone elsewhere. One row by primary key. */
export async function openAgain(
  session: ShardSession,
  kind: MoveKind,
  bucket: number,
  at: string,
): Promise<void> {
  const { name, at: column } = TABLE[kind];
  await session.execute(
    `UPDATE ${name} SET state = 'owned', next_owner = NULL, generation = generation + 1
      WHERE bucket = ? AND ${column} = ? AND state = 'moved'`,
    [bucket, BigInt(at)],
  );
}
