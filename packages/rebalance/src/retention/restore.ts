import { decodeNumber, readClock, type ShardSession } from '@ordershard/shard-router';
import { type ArchiveAnswer, ArchiveReader } from '../archive/archive-reader.ts';
import type { ClusterArchive } from '../archive/cluster-archive.ts';
import { putMark } from '../archive/marks.ts';
import type { OperatorCluster } from '../cluster.ts';
import { findOpenMove } from '../sql/move/books.ts';
import { lockFencesOf } from '../sql/retention/fences.ts';
import { insertHold } from '../sql/retention/holds.ts';
import { readDays } from '../sql/retention/retention-days.ts';
import { aggregateOf } from './aggregate.ts';
import { dayOf, isoDay } from './days.ts';
import { HoldRefusedError } from './errors.ts';
import type { NumberOwner } from './find-owner.ts';
import { exists, type HoldRequest } from './hold.ts';
import { onOwner } from './on-owner.ts';
import { insertAggregate } from './rehome.ts';
import { type FenceRange, withOwnRange } from './split-fence.ts';
import { writeRanges } from './write-ranges.ts';

type Archived = Extract<ArchiveAnswer, { kind: 'archived' }>['archived'];

/** A number that is to be restored. */
interface Wanted {
  readonly cluster: OperatorCluster;
  readonly archive: ClusterArchive;
  readonly number: bigint;
  /** The archive's answer for it. */
  readonly answer: ArchiveAnswer;
}

/** Where a number would be restored. */
export interface RestoreState {
  readonly shard: number;
  /** Whether the number is on the shard already, so that a restore would change nothing. */
  readonly isThere: boolean;
}

/** Checks whether a number can be restored. Changes nothing. @throws as {@link restoreNumber} */
export async function checkRestore(
  cluster: OperatorCluster,
  archive: ClusterArchive,
  number: bigint,
): Promise<RestoreState> {
  const answer = await new ArchiveReader(archive).find(number);
  return onOwner(cluster, number, async (session, owner, fence) => {
    const archived = await restorable(session, owner, fence, { cluster, archive, number, answer });
    return { shard: owner.shard, isThere: archived === undefined };
  });
}

/**
 * Brings a number back from the archive to the shard that owns it, as a number that has outlived its day, and holds it there.
 * It can be read and written by its number until it is released. The archived rows of the number are void from then on.
 * Restoring it again does no harm, and does not change who holds it.
 *
 * @returns the shard that it is on
 * @throws HoldRefusedError when it is not archived, or its day is on its way out just now
 * @throws ArchiveMissingError, ArchiveForeignError, ArchiveUnavailableError, ArchiveDamagedError
 */
export async function restoreNumber(
  cluster: OperatorCluster,
  archive: ClusterArchive,
  number: bigint,
  { reason, by }: HoldRequest,
): Promise<number> {
  const answer = await new ArchiveReader(archive).find(number);
  const { shard, at } = await onOwner(cluster, number, async (session, owner, fence) => {
    const archived = await restorable(session, owner, fence, { cluster, archive, number, answer });
    if (archived !== undefined) {
      const before = await lockFencesOf(session, owner.bucket);
      await writeRanges(
        session,
        before,
        withOwnRange(before, number, { state: 'carried', writableFrom: number, readableFrom: number }),
      );
      await insertAggregate(session, aggregateOf(cluster.tables), archived.manifest.layout, archived.rows);
      await insertHold(session, number, owner.bucket, `restored: ${reason}`, by);
    }
    return { shard: owner.shard, at: new Date(await readClock(session)).toISOString() };
  });
  await putMark(archive, { number, kind: 'restored', at });
  return shard;
}

/** Returns the rows of a number that can be restored, or undefined when it is restored already. @throws HoldRefusedError */
async function restorable(
  session: ShardSession,
  { bucket }: NumberOwner,
  fence: FenceRange,
  { cluster, archive, number, answer }: Wanted,
): Promise<Archived | undefined> {
  if (fence.state === 'carried' && (await exists(session, aggregateOf(cluster.tables), number)))
    return undefined;
  const day = isoDay(dayOf(decodeNumber(number).timeMs));
  const [row] = await readDays(session, day);
  if (number >= fence.readableFrom || (row?.day === day && row.step !== 'dropped'))
    throw new HoldRefusedError(
      `number ${number} of ${day} is not past its retention, or its day is on its way out`,
    );
  if (answer.kind !== 'archived')
    throw new HoldRefusedError(`the archive ${archive.url} has no number ${number} (${answer.kind})`);
  // The book of an open move names the bucket's fences as they are: a restore must not cut them.
  if ((await findOpenMove(session, bucket)) !== undefined)
    throw new HoldRefusedError(
      `number ${number}: its bucket ${bucket} is about to move; try again after that`,
    );
  return answer.archived;
}
