import type { Archive } from '../archive/archive.ts';
import { readAggregates, type Sources } from '../archive/read-aggregates.ts';
import { type AggregateRows, ContentHash, type Layout, readLayout } from '../archive/layout.ts';
import { decodeManifest, encodeManifest, type Manifest } from '../archive/manifest.ts';
import { numbersOfDay } from '@ordershard/shard-router';
import { rowsOf } from '../sql/aggregate-rows.ts';
import { dropPartition, listPartitions, readClock } from '../sql/partitions.ts';
import {
  createLike,
  dropTables,
  exchangePartition,
  existingTables,
  isPartitioned,
  removePartitioning,
} from '../sql/retention/detach.ts';
import { hasRows } from '../sql/retention/has-rows.ts';
import { countRows, selectOpenNumbers } from '../sql/retention/open-numbers.ts';
import { beginDay, noteArchive, readDays, stepDay } from '../sql/retention/retention-days.ts';
import { carryOver } from './carry.ts';
import { checkSettled } from './check-settled.ts';
import { type Day, detachedTable, isoDay, partitionOfDay } from './days.ts';
import { DayKeptError } from './errors.ts';
import { OwnedNumbers } from './owned-numbers.ts';
import { raiseLowerEnd } from './raise-lower-end.ts';
import { altering, durably, type ShardRun } from './shard-run.ts';

/** A day on its way. */
interface Leaving {
  readonly day: string;
  readonly partition: string;
  /** Its numbers: [from, to). */
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Takes a day off a shard, from wherever an earlier run was ended: what is not final or held is carried over; the day is
 * closed for writes; it is archived and read back; it is closed for reads; its partitions are exchanged for tables of
 * their own; and when the archive is still whole and every event published, those are dropped.
 *
 * The day stays readable until its archive is there, so that no order is nowhere for a moment.
 *
 * @throws DayKeptError, ArchiveDamagedError, ArchiveUnavailableError: the day stays as far as it is, with all its rows
 */
export async function dropDay(run: ShardRun, day: Day): Promise<void> {
  const { first: from, next: to } = numbersOfDay(day * 86_400_000);
  const leaving: Leaving = { day: isoDay(day), partition: partitionOfDay('number', day).name, from, to };
  const { session } = run;
  await durably(run, () => beginDay(session, leaving.day));
  await run.tell({ day: leaving.day, step: 'begun' });
  const row = (await readDays(session, leaving.day))[0]!;
  let { step } = row;
  let manifest =
    row.manifest === null ? undefined : decodeManifest(row.manifest, `retention_days ${row.day}`);
  const begun = step;
  // What an earlier run has archived is compared with what is there now, row by row.
  let proved = false;
  if (step === 'closing' || run.archiveAgain.has(leaving.day)) {
    if (step === 'closing') {
      await close(run, leaving);
      await makeOwnTables(run, leaving);
    }
    manifest = await archive(run, leaving, await sourcesOf(run, leaving));
    await durably(run, async () => {
      const where = manifest === undefined ? null : run.archive!.store.url;
      await noteArchive(
        session,
        leaving.day,
        where,
        manifest === undefined ? null : encodeManifest(manifest),
      );
      if (step === 'detached') await stepDay(session, leaving.day, 'detached');
    });
    if (step === 'closing') step = 'archived';
    proved = true;
    await run.tell({ day: leaving.day, step: 'archived', ...rowsText(manifest) });
  }
  if (!proved) await prove(run, manifest, await sourcesOf(run, leaving));
  if (step === 'archived') {
    await raiseLowerEnd(run, 'readable_from', leaving.to);
    await run.tell({ day: leaving.day, step: 'unreadable' });
    // This run has made them before it archived the day.
    if (begun !== 'closing') await makeOwnTables(run, leaving);
    await detach(run, leaving);
    await durably(run, () => stepDay(session, leaving.day, 'detached'));
    await run.tell({ day: leaving.day, step: 'detached' });
  }
  await checkSettled(session, run.aggregate, leaving.from, leaving.to);
  if (manifest !== undefined) await archiveOf(run).verify(manifest);
  await run.tell({ day: leaving.day, step: 'verified' });
  const own = run.aggregate.parts.map(({ table }) => detachedTable(table, leaving.day));
  await altering(run, own[0]!, () => dropTables(session, own));
  await durably(run, () => stepDay(session, leaving.day, 'dropped'));
  await run.tell({ day: leaving.day, step: 'dropped' });
}

/** Carries over what is to outlive the day, and lets nothing of it be written any more. */
async function close(run: ShardRun, { day, partition, from, to }: Leaving): Promise<void> {
  const { session, aggregate, maxCarried } = run;
  await checkSettled(session, aggregate, from, to);
  const carry = async () => {
    const root = rowsOf(aggregate.root.table, partition);
    const carried = await countRows(session, rowsOf(aggregate.root.carriedIn));
    const open = await selectOpenNumbers(session, root, aggregate.finalWhen, maxCarried + 1);
    if (carried + BigInt(open.length) > BigInt(maxCarried)) {
      throw new DayKeptError(
        `${open.length > maxCarried ? `more than ${maxCarried}` : open.length} numbers are not final or are held, and ${carried} of earlier days are; ${maxCarried} may be`,
      );
    }
    await carryOver(run, day, open);
  };
  await carry();
  await run.tell({ day, step: 'carried' });
  await raiseLowerEnd(run, 'writable_from', to);
  // Nothing below can be written any more; what was written while the fences rose is seen now.
  await carry();
  await checkSettled(session, aggregate, from, to);
  await run.tell({ day, step: 'closed' });
}

/** Archives what the shard owns of a day; undefined when that is nothing, or nothing is to be archived. */
async function archive(run: ShardRun, { day }: Leaving, source: Sources): Promise<Manifest | undefined> {
  const { session, aggregate } = run;
  if (run.archive === undefined) return undefined;
  const layout = await readLayout(session, aggregate);
  const owned = await OwnedNumbers.read(session);
  const chunks = ownedOnly(readAggregates(session, layout, source), owned);
  const first = await chunks.next();
  if (first.done === true) return undefined;
  await run.tell({ day, step: 'archiving' });
  const archivedAt = new Date(await readClock(session)).toISOString();
  return run.archive.put({ shard: session.shard, day, archivedAt }, layout, withFirst(first.value, chunks));
}

async function* ownedOnly(
  chunks: AsyncIterable<readonly AggregateRows[]>,
  owned: OwnedNumbers,
): AsyncGenerator<readonly AggregateRows[]> {
  for await (const chunk of chunks) {
    const some = chunk.filter(({ number, root }) => owned.has(root['bucket'] as number, number));
    if (some.length > 0) yield some;
  }
}

async function* withFirst<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

/** Compares what is to be dropped with what was archived. @throws DayKeptError, ArchiveDamagedError */
async function prove(run: ShardRun, manifest: Manifest | undefined, source: Sources): Promise<void> {
  const { session } = run;
  if (manifest === undefined && run.archive === undefined) return;
  const layout: Layout = manifest?.layout ?? (await readLayout(session, run.aggregate));
  const hash = new ContentHash(layout);
  let rows = 0;
  for await (const chunk of ownedOnly(
    readAggregates(session, layout, source),
    await OwnedNumbers.read(session),
  )) {
    for (const aggregate of chunk) hash.add(aggregate);
    rows += chunk.length;
  }
  const expected = manifest?.rows[layout.root.table] ?? 0;
  if (rows !== expected || (manifest !== undefined && hash.digest() !== manifest.contentHash)) {
    throw new DayKeptError(
      `its ${rows} rows of ${layout.root.table} are not the ${expected} that were archived: archive it again`,
    );
  }
  if (manifest !== undefined) await archiveOf(run).verify(manifest);
}

function archiveOf({ archive: found }: ShardRun): Archive {
  if (found === undefined)
    throw new DayKeptError('it was archived, and the archive to find it in is not named');
  return found;
}

function rowsText(manifest: Manifest | undefined): { detail: string } {
  if (manifest === undefined) return { detail: 'nothing to archive' };
  const { rows, file, bytes } = manifest;
  return {
    detail: `${file}, ${bytes} bytes, ${Object.entries(rows)
      .map((entry) => entry.join(' '))
      .join(', ')}`,
  };
}

/** Where a day's rows lie: in its partitions, or in tables of their own. */
async function sourcesOf({ session, aggregate }: ShardRun, leaving: Leaving): Promise<Sources> {
  const sources = new Map<string, string>();
  for (const { table } of aggregate.parts) {
    const partitions = await listPartitions(session, table);
    const there = partitions.some(({ name }) => name === leaving.partition);
    const [partition, own] = [rowsOf(table, leaving.partition), detachedTable(table, leaving.day)];
    const moved =
      !there || ((await existingTables(session, [own])).has(own) && !(await hasRows(session, partition)));
    sources.set(table, moved ? rowsOf(own) : partition);
  }
  return (table) => sources.get(table)!;
}

/** Makes the empty tables that a day's partitions will be exchanged for, long before: it is what takes longest. */
async function makeOwnTables(run: ShardRun, leaving: Leaving): Promise<void> {
  const { session, aggregate } = run;
  for (const { table } of aggregate.parts) {
    if (!(await hasPartition(run, table, leaving))) continue;
    const own = detachedTable(table, leaving.day);
    if (!(await existingTables(session, [own])).has(own)) await createLike(session, own, table);
    if (await isPartitioned(session, own)) await removePartitioning(session, own);
  }
}

async function hasPartition({ session }: ShardRun, table: string, { partition }: Leaving): Promise<boolean> {
  return (await listPartitions(session, table)).some(({ name }) => name === partition);
}

/** Exchanges a day's partitions for tables of their own, and takes the partitions away, which are empty then. */
async function detach(run: ShardRun, leaving: Leaving): Promise<void> {
  const { session, aggregate } = run;
  for (const { table } of aggregate.parts) {
    if (!(await hasPartition(run, table, leaving))) continue;
    const own = detachedTable(table, leaving.day);
    if (await hasRows(session, rowsOf(table, leaving.partition))) {
      if (await hasRows(session, rowsOf(own)))
        throw new DayKeptError(`rows were written into ${table} after its day was exchanged for ${own}`);
      await altering(run, table, () => exchangePartition(session, table, leaving.partition, own));
      await run.tell({ day: leaving.day, step: 'exchanged', detail: table });
    }
    await altering(run, table, () => dropPartition(session, table, leaving.partition));
  }
}
