import {
  adoptOpenings,
  inTransaction,
  type KeptBeat,
  readBeats,
  readClock,
  setBeat,
  type ShardSession,
  storeMap,
} from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { ShardRefusedError } from '../errors.ts';
import { OperationLeases } from '../lease/operation-leases.ts';
import { allBooked, unfinished } from '../move/books.ts';
import { MOVE_KINDS } from '../move/move-plan.ts';
import { mapOfOwners } from '../ownership/map-of-owners.ts';
import { publishProved } from '../ownership/publish.ts';
import { keepSeal } from '../sql/ownership/seals.ts';
import { readBooks } from '../sql/move/books.ts';
import { giveUpExpected } from '../sql/recovery/fences.ts';
import { leapIds, restAllWorkerSlots } from '../sql/recovery/past-all-seen.ts';
import { withShards } from '../topology/cluster-map.ts';
import { examineRestored, type Restored } from './examine.ts';
import { mendBooks } from './mend-books.ts';
import { takeBack } from './returns.ts';
import { type FenceChanges, type IsExpected, writeFences } from './write-fences.ts';

export interface RecoverShardOptions {
  /** Who does it, for leases and books. */
  readonly by: string;
  /** Is told of each step before it is done, in a few words; what it throws ends the work there. */
  readonly tell: (step: string) => void;
  /** Is called when something was changed. */
  readonly changed?: () => void;
}

/** What a recovery has done. */
export interface Recovery extends FenceChanges {
  /** Buckets that came back to who had given them. */
  readonly returned: number;
  /** The plans under which what it gave away is noted: `verify` and `cleanup` take them. */
  readonly plans: readonly string[];
  readonly mapVersion: number;
}

/** For so long a lease of a worker that was taken after the backup may still be drawn with, and some more. Milliseconds. */
const WORKER_REST_MS = 20_000;

/**
 * Makes a restored shard a member of the cluster again. It owns what the other shards say that it owns. Its ids and worker
 * slots begin above all that it may ever have given. Its books know what it gave away. Its beat is above all beats that
 * others saw, so that it is used from then on. Lost rows stay lost. Safe to run again after an interruption.
 *
 * @throws what {@link examineRestored} throws, with nothing changed
 * @throws ShardBusyError while another operation is under way on any shard; EpochRefusedError while an epoch is opened
 */
export async function recoverShard(
  cluster: OperatorCluster,
  shard: number,
  { by, tell, changed }: RecoverShardOptions,
): Promise<Recovery> {
  const { members } = await examineRestored(cluster, shard);
  const all = withShards(cluster, members);
  const what = `recovering shard ${shard}`;
  const leases = await OperationLeases.acquire((id, fn) => all.onShard(id, fn), members, {
    holder: by,
    what,
  });
  try {
    // Now that nobody else works on them.
    const { returns } = await examineRestored(all, shard);
    if (returns.length > 0) tell('what it was given back to those that still have it');
    for (const back of returns) {
      await all.onShard(back.source, (session) =>
        inTransaction(session, async () => {
          await leases.check(session);
          await takeBack(session, back);
        }),
      );
      changed?.();
    }
    const found = await examineRestored(all, shard);
    const { map, word } = found;
    tell('what it knows of epochs, by the others');
    await adoptOpenings(all, shard);
    changed?.();
    tell('ids and worker slots above all that it may have given');
    await all.onShard(shard, async (session) => {
      for (const { table, outbox } of all.tables) if (outbox === true) await leapIds(session, table);
    });
    const isExpected = await expectationsOf(all, shard);
    tell('its fences by the word of the others');
    const { changes, plans } = await all.onShard(shard, (session) =>
      inTransaction(session, async () => {
        await leases.check(session);
        const beat = await stillBehind(all, session, found);
        const nowMs = await readClock(session);
        const written = await writeFences(session, map, word.ownership, isExpected, nowMs);
        const noted = await mendBooks(session, written.given, by);
        await restAllWorkerSlots(session, WORKER_REST_MS);
        if (word.seal !== undefined) await keepSeal(session, word.seal);
        await storeMap(session, map);
        // From here on it is used.
        await setBeat(session, { shard, incarnation: (beat?.incarnation ?? 1) + 1, beat: 1n });
        return { changes: written, plans: noted };
      }),
    );
    await giveUpMovesOf(all, shard);
    tell('proving that everything has one owner');
    const { map: newest } = await publishProved(all, { by, what, changed: true }, (proof) =>
      mapOfOwners(proof.map, proof.ownership),
    );
    return { ...changes, returned: returns.length, plans, mapVersion: newest.version };
  } finally {
    await leases.release();
  }
}

/**
 * Locks the shard's own beat, so that a session that would raise it waits. Returns the last beat that was seen of the shard.
 *
 * @throws ShardRefusedError when somebody else has recovered the shard in the meantime
 */
async function stillBehind(
  cluster: OperatorCluster,
  session: ShardSession,
  { shard, members, own }: Restored,
): Promise<KeptBeat | undefined> {
  const now = (await readBeats(session, 'FOR UPDATE')).find((beat) => beat.shard === shard);
  if (now?.incarnation !== own?.incarnation)
    throw new ShardRefusedError(shard, 'somebody else has recovered it meanwhile');
  const kept = await Promise.all(
    members.filter((member) => member !== shard).map((member) => cluster.onShard(member, readBeatsOf)),
  );
  const seen = [...kept.flat(), ...(now === undefined ? [] : [now])].filter((beat) => beat.shard === shard);
  return seen.toSorted((a, b) => b.incarnation - a.incarnation)[0];
}

/** Makes the other shards expect from a shard only the buckets that its books say it gives them. */
async function giveUpMovesOf({ shards, onShard }: OperatorCluster, shard: number): Promise<void> {
  const books = unfinished(await onShard(shard, readBooks));
  for (const target of shards.filter((other) => other !== shard)) {
    await onShard(target, async (session) => {
      for (const kind of MOVE_KINDS) {
        const coming = books.filter((move) => move.kind === kind && move.target === target);
        await giveUpExpected(
          session,
          kind,
          shard,
          coming.map(({ bucket }) => bucket),
        );
      }
    });
  }
}

const readBeatsOf = (session: ShardSession) => readBeats(session);

/** Returns a function that says whether the shard still expects a bucket, by the books of the shard that gives it. */
async function expectationsOf(cluster: OperatorCluster, shard: number): Promise<IsExpected> {
  const booked = unfinished(await allBooked(cluster)).filter(({ target }) => target === shard);
  return (kind, bucket, source) =>
    booked.some((move) => move.kind === kind && move.bucket === bucket && move.source === source);
}
