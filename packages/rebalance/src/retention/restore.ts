import { decodeNumber, openShardSessions } from '@ordershard/shard-router';
import { ArchiveReader } from '../archive/archive-reader.ts';
import { putMark } from '../archive/marks.ts';
import type { ArchiveStore } from '../archive/store.ts';
import type { OperatorCluster } from '../cluster.ts';
import { findOpenMove } from '../sql/move/books.ts';
import { readClock } from '../sql/partitions.ts';
import { lockFencesOf } from '../sql/retention/fences.ts';
import { insertHold } from '../sql/retention/holds.ts';
import { readDays } from '../sql/retention/retention-days.ts';
import { aggregateOf } from './aggregate.ts';
import { dayOf, isoDay } from './days.ts';
import { HoldRefusedError } from './errors.ts';
import { exists, type HoldRequest, withOwner } from './hold.ts';
import { insertAggregate } from './rehome.ts';
import { withOwnRange } from './split-fence.ts';
import { writeRanges } from './write-ranges.ts';

/**
 * Brings a number back from the archive to the shard that owns it, as one that has outlived its day, and holds it there:
 * it can be read and written by its number until it is released. What the archive has of it is void from then on.
 * Restoring it again does no harm.
 *
 * @returns the shard that it is on
 * @throws HoldRefusedError when it is not archived, or its day is on its way out just now
 * @throws ArchiveUnavailableError, ArchiveDamagedError
 */
export async function restoreNumber(
  cluster: OperatorCluster,
  archive: ArchiveStore,
  number: bigint,
  { reason, by }: HoldRequest,
): Promise<number> {
  const aggregate = aggregateOf(cluster.tables);
  const answer = await new ArchiveReader(archive).find(number);
  const sessions = openShardSessions(cluster.configs, { connections: 1 });
  try {
    const { shard, at } = await withOwner(
      sessions,
      cluster.clusterId,
      number,
      async (session, owner, fence) => {
        const now = new Date(await readClock(session)).toISOString();
        if (fence.state === 'carried' && (await exists(session, aggregate, number)))
          return { shard: owner.shard, at: now };
        const day = isoDay(dayOf(decodeNumber(number).timeMs));
        const [row] = await readDays(session, day);
        if (number >= fence.readableFrom || (row?.day === day && row.step !== 'dropped'))
          throw new HoldRefusedError(
            `number ${number} of ${day} is not past its retention, or its day is on its way out`,
          );
        if (answer.kind !== 'archived')
          throw new HoldRefusedError(`the archive ${archive.url} has no number ${number} (${answer.kind})`);
        // Its book names the bucket's fences as they are.
        if ((await findOpenMove(session, owner.bucket)) !== undefined)
          throw new HoldRefusedError(
            `number ${number}: its bucket ${owner.bucket} is about to move; try again after that`,
          );
        const { rows, manifest } = answer.archived;
        const before = await lockFencesOf(session, owner.bucket);
        await writeRanges(
          session,
          before,
          withOwnRange(before, number, { state: 'carried', writableFrom: number, readableFrom: number }),
        );
        await insertAggregate(session, aggregate, manifest.layout, rows);
        await insertHold(session, number, owner.bucket, `restored: ${reason}`, by);
        return { shard: owner.shard, at: now };
      },
    );
    await putMark(archive, { number, kind: 'restored', at });
    return shard;
  } finally {
    await sessions.close();
  }
}
