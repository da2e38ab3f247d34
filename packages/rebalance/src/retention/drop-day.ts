import type { Archive } from '../archive/archive.ts';
import { readAggregates, type Sources } from '../archive/read-aggregates.ts';
import { type AggregateRows, ContentHash, type Layout, readLayout } from '../archive/layout.ts';
import { decodeManifest, encodeManifest, type Manifest } from '../archive/manifest.ts';
import { numbersOfDay, readClock } from '@ordershard/shard-router';
import { rowsOf } from '../sql/aggregate-rows.ts';
import { countRows, selectOpenNumbers } from '../sql/retention/open-numbers.ts';
import { beginDay, noteArchive, readDays, stepDay } from '../sql/retention/retention-days.ts';
import { carryOver } from './carry.ts';
import { checkSettled } from './check-settled.ts';
import { type Day, isoDay, partitionOfDay } from './days.ts';
import { detach, dropRows, isCut, type Leaving, makeOwnTables, sourcesOf } from './detach-day.ts';
import { DayKeptError } from './errors.ts';
import { OwnedNumbers } from './owned-numbers.ts';
import { raiseLowerEnd } from './raise-lower-end.ts';
import { durably, type ShardRun } from './shard-run.ts';

/**
 * Takes a day off a shard. Goes on from the step at which an earlier run ended. In order: carries over the numbers that are
 * not final or are held; closes the day for writes; archives it and reads the archive back; closes the day for reads;
 * exchanges its partitions for tables of their own, where possible; and drops its rows, when the archive is still whole and
 * every event is published.
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
  // Until the first of its tables is gone, all can be proved anew.
  if (step === 'dropping' && !(await isCut(run, leaving))) step = 'detached';
  let manifest =
    row.manifest === null ? undefined : decodeManifest(row.manifest, `retention_days ${row.day}`);
  const begun = step;
  // If an earlier run has archived the day, compare the archive with the present rows, row by row.
  let proved = false;
  if (step === 'closing' || (step !== 'dropping' && run.archiveAgain.has(leaving.day))) {
    if (step === 'closing') {
      await close(run, leaving);
      await makeOwnTables(run, leaving);
    }
    const replaced = run.archiveAgain.has(leaving.day) ? manifest : undefined;
    manifest = await archive(run, leaving, await sourcesOf(run, leaving), replaced);
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
  if (!proved && step !== 'dropping') await prove(run, manifest, await sourcesOf(run, leaving));
  if (step === 'archived') {
    await raiseLowerEnd(run, 'readable_from', leaving.to);
    await run.tell({ day: leaving.day, step: 'unreadable' });
    // This run has made them before it archived the day.
    if (begun !== 'closing') await makeOwnTables(run, leaving);
    // Rows in a partition could have changed since, by a writer that ignores fences. Detached tables could not.
    if (await detach(run, leaving)) await prove(run, manifest, await sourcesOf(run, leaving));
    await durably(run, () => stepDay(session, leaving.day, 'detached'));
    await run.tell({ day: leaving.day, step: 'detached' });
  }
  await checkSettled(session, run.aggregate, leaving.from, leaving.to);
  if (manifest !== undefined) await archiveOf(run).verify(manifest);
  await run.tell({ day: leaving.day, step: 'verified' });
  await durably(run, () => stepDay(session, leaving.day, 'dropping'));
  await dropRows(run, leaving);
  await durably(run, () => stepDay(session, leaving.day, 'dropped'));
  await run.tell({ day: leaving.day, step: 'dropped' });
}

/** Carries over the numbers that outlive the day, and closes the day for writes. */
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
  // Nothing below can be written any more; this pass sees what was written while the fences rose.
  await carry();
  await checkSettled(session, aggregate, from, to);
  await run.tell({ day, step: 'closed' });
}

/** Archives the rows of a day that the shard owns. Returns undefined when it owns none, or when there is no archive. */
async function archive(
  run: ShardRun,
  { day }: Leaving,
  source: Sources,
  replaced: Manifest | undefined,
): Promise<Manifest | undefined> {
  const { session, aggregate } = run;
  if (run.archive === undefined) return undefined;
  const layout = await readLayout(session, aggregate);
  const owned = await OwnedNumbers.read(session);
  const chunks = ownedOnly(readAggregates(session, layout, source), owned);
  const first = await chunks.next();
  if (first.done === true) return undefined;
  await run.tell({ day, step: 'archiving' });
  const archivedAt = new Date(await readClock(session)).toISOString();
  const file = { shard: session.shard, day, archivedAt };
  return run.archive.put(file, layout, withFirst(first.value, chunks), replaced);
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

/** Compares the rows that will be dropped with the archived ones. @throws DayKeptError, ArchiveDamagedError */
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
