import { type EpochRange, epochRanges, type ShardMap, type ShardSession } from '@ordershard/shard-router';
import { CLAIMING } from '../ownership/claim.ts';
import type { MoveKind } from '../move/move-plan.ts';
import type { OwnedCell, Ownership } from '../ownership/prove-owners.ts';
import { type FenceRange, isSingle } from '../retention/split-fence.ts';
import { writeRanges } from '../retention/write-ranges.ts';
import {
  deleteKeyFence,
  lockKeyFences,
  lockTextFences,
  putKeyFence,
  putTextFence,
} from '../sql/recovery/fences.ts';
import { lockFencesOf } from '../sql/retention/fences.ts';
import { isOther, type WantedFence, wantedKeys, wantedNumbers } from './wanted-fences.ts';

/** A part of a bucket that a restored shard claimed, and another shard owns. */
export interface GivenAway {
  readonly kind: MoveKind;
  readonly bucket: number;
  readonly owner: number;
  /** As books have it: the first number, the generation, or the bucket. Decimal text. */
  readonly at: string;
  readonly to: string;
}

/** What has become of a shard's fences. */
export interface FenceChanges {
  /** What it claimed, and does not own. */
  readonly given: readonly GivenAway[];
  /** How many fences it owns by, and had forgotten. */
  readonly got: number;
}

/** Whether a shard expects a bucket from another by a move that is under way there. */
export type IsExpected = (kind: MoveKind, bucket: number, source: number) => boolean;

/**
 * Makes the fences of a shard match who owns what, in an open transaction. Locks all fences of the shard.
 *
 * @param nowMs the database's time
 */
export async function writeFences(
  session: ShardSession,
  map: ShardMap,
  ownership: Ownership,
  isExpected: IsExpected,
  nowMs: number,
): Promise<FenceChanges> {
  const epochs = epochRanges(map);
  const given: GivenAway[] = [];
  let got = 0;
  const note = (
    cell: Omit<GivenAway, 'owner'>,
    was: { readonly state: FenceRange['state'] } | undefined,
    { state, nextOwner }: Pick<WantedFence<never>, 'state' | 'nextOwner'>,
  ) => {
    const [isMine, wasMine] = [CLAIMING.includes(state), was !== undefined && CLAIMING.includes(was.state)];
    if (wasMine && !isMine) given.push({ ...cell, owner: nextOwner! });
    if (isMine && !wasMine) got += 1;
  };
  await writeNumbers(session, map.bucketCount, epochs, ownership, isExpected, note);
  await writeKeys(session, epochs, ownership, isExpected, nowMs, note);
  await writeTexts(session, ownership, isExpected, note);
  return { given, got };
}

type Note = (
  cell: Omit<GivenAway, 'owner'>,
  was: { readonly state: FenceRange['state'] } | undefined,
  wanted: Pick<WantedFence<never>, 'state' | 'nextOwner'>,
) => void;

async function writeNumbers(
  session: ShardSession,
  bucketCount: number,
  epochs: readonly EpochRange[],
  { owned }: Ownership,
  isExpected: IsExpected,
  note: Note,
): Promise<void> {
  const cells = Map.groupBy(
    owned.filter(({ kind }) => kind === 'numbers'),
    ({ bucket }) => bucket,
  );
  for (let bucket = 0; bucket < bucketCount; bucket += 1) {
    const before = await lockFencesOf(session, bucket);
    const after = wantedNumbers(session.shard, before, cells.get(bucket) ?? [], epochs).map((wanted) => {
      const was = wanted.was.find(({ from }) => from === wanted.from);
      const isSame = was !== undefined && was.to === wanted.to && isKept('numbers', was, wanted, isExpected);
      note(
        { kind: 'numbers', bucket, at: String(wanted.from), to: String(wanted.to) },
        wanted.was.find(({ from, to }) => from <= wanted.from && wanted.to <= to),
        wanted,
      );
      return isSame ? was : rangeOf(bucket, wanted);
    });
    await writeRanges(session, before, after);
  }
}

/** Whether a fence stays as it is. One that expects a bucket does only while there is a move that brings it. */
function isKept(
  kind: MoveKind,
  was: Pick<FenceRange, 'bucket' | 'state' | 'nextOwner'>,
  wanted: Pick<WantedFence<never>, 'state' | 'nextOwner'>,
  isExpected: IsExpected,
): boolean {
  if (isOther({ state: was.state, next: was.nextOwner }, wanted)) return false;
  return was.state !== 'importing' || isExpected(kind, was.bucket, was.nextOwner!);
}

function rangeOf(bucket: number, { from, to, state, nextOwner, was }: WantedFence<FenceRange>): FenceRange {
  const wide = was.filter((row) => !isSingle(row));
  const end = (of: 'writableFrom' | 'readableFrom') =>
    state === 'carried' ? from : wide.reduce((most, row) => (row[of] > most ? row[of] : most), 0n);
  const generation = 1 + Math.max(0, ...was.map((row) => row.generation));
  const [writableFrom, readableFrom] = [end('writableFrom'), end('readableFrom')];
  return { bucket, from, to, state, nextOwner, generation, writableFrom, readableFrom };
}

async function writeKeys(
  session: ShardSession,
  epochs: readonly EpochRange[],
  { owned, generations }: Ownership,
  isExpected: IsExpected,
  nowMs: number,
  note: Note,
): Promise<void> {
  const rows = await lockKeyFences(session);
  const place = (bucket: number, generation: number) => `${bucket} ${generation}`;
  const known = new Map(rows.map((row) => [place(row.bucket, row.key_generation), row]));
  const owners = ownersOf(owned, 'keys');
  for (const [at, epoch] of epochs.entries()) {
    const generation = generations[at]!;
    for (const [bucket, owner] of owners(BigInt(generation))) {
      const was = known.get(place(bucket, generation));
      known.delete(place(bucket, generation));
      const wanted = wantedKeys(session.shard, was, owner, epoch, nowMs);
      const text = String(generation);
      note({ kind: 'keys', bucket, at: text, to: text }, was, wanted);
      const isThere =
        was !== undefined &&
        BigInt(was.range_from) === epoch.from &&
        BigInt(was.range_to) === epoch.to &&
        (was.state === 'sealed') === (wanted.state === 'sealed') &&
        isKept('keys', { bucket, state: was.state, nextOwner: was.next_owner }, wanted, isExpected);
      if (isThere) continue;
      await putKeyFence(session, {
        bucket,
        key_generation: generation,
        state: wanted.state,
        next_owner: wanted.nextOwner,
        range_from: String(epoch.from),
        range_to: String(epoch.to),
      });
    }
  }
  for (const row of known.values()) await deleteKeyFence(session, row);
}

async function writeTexts(
  session: ShardSession,
  { owned }: Ownership,
  isExpected: IsExpected,
  note: Note,
): Promise<void> {
  const known = new Map((await lockTextFences(session)).map((row) => [row.bucket, row]));
  for (const [bucket, owner] of ownersOf(owned, 'texts')(0n)) {
    const was = known.get(bucket);
    const isMine = owner === session.shard;
    const wanted = { state: isMine ? 'owned' : 'moved', nextOwner: isMine ? null : owner } as const;
    note({ kind: 'texts', bucket, at: String(bucket), to: String(bucket) }, was, wanted);
    const isThere =
      was !== undefined &&
      isKept('texts', { bucket, state: was.state, nextOwner: was.next_owner }, wanted, isExpected);
    if (!isThere) await putTextFence(session, { bucket, state: wanted.state, next_owner: wanted.nextOwner });
  }
}

/** The owner of each bucket of a kind, of one generation. */
function ownersOf(owned: readonly OwnedCell[], kind: MoveKind) {
  const cells = owned.filter((cell) => cell.kind === kind);
  return (from: bigint): readonly (readonly [bucket: number, owner: number])[] =>
    cells.filter((cell) => cell.from === from).map(({ bucket, shard }) => [bucket, shard]);
}
