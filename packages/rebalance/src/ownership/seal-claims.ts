import { inTransaction, type ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { unfinished } from '../move/books.ts';
import { cellsOf } from '../move/move-context.ts';
import { readBooks } from '../sql/move/books.ts';
import { keepSeal, readSeal, type SealRow } from '../sql/ownership/seals.ts';
import { hashOfClaim } from './claim-text.ts';
import { ClaimChangedError } from './errors.ts';
import { hearClaim, type HeardMember } from './hear-claims.ts';
import type { Proof } from './proof.ts';
import { type BookedCells, sealText } from './seal.ts';

/** Other shards that keep a shard's seal. */
const WITNESSES = 2;

type Seal = Omit<SealRow, 'sealed_at'>;

/**
 * Seals what each member that answers owns: on the member itself, and on the next two that answer. In the transaction of its
 * seal, checks that the shard still owns what was proved.
 *
 * @param check makes sure that the right to publish is held
 * @throws ClaimChangedError when a shard does not own that any more; what `check` throws
 */
export async function sealClaims(
  cluster: OperatorCluster,
  { map, heard }: Pick<Proof, 'map' | 'heard'>,
  check: (session: ShardSession) => Promise<void>,
): Promise<void> {
  const { present } = heard;
  const { onShard } = cluster;
  const booked = (await Promise.all(present.map(({ shard }) => onShard(shard, bookedCells)))).flat();
  const seals = await Promise.all(
    present.map((member) =>
      onShard(member.shard, (session) =>
        inTransaction(session, async () => {
          await check(session);
          return sealOwn(session, member, sealText(map, member.claim, booked), map.version);
        }),
      ),
    ),
  );
  for (const [index, seal] of seals.entries()) {
    for (const witness of witnessesOf(present, index)) {
      const kept = witness.seals.find(({ shard_id: of }) => of === seal.shard_id);
      if (kept !== undefined && BigInt(kept.version) >= BigInt(seal.version)) continue;
      await onShard(witness.shard, (session) =>
        inTransaction(session, async () => {
          await check(session);
          await keepSeal(session, seal);
        }),
      );
    }
  }
}

/** The next shards after the one at a place, in the order of their ids. */
function witnessesOf(present: readonly HeardMember[], at: number): readonly HeardMember[] {
  const others = [...present.slice(at + 1), ...present.slice(0, at)];
  return others.slice(0, WITNESSES);
}

async function sealOwn(
  session: ShardSession,
  { shard, hash }: HeardMember,
  body: string,
  mapVersion: number,
): Promise<Seal> {
  const now = await hearClaim(session);
  if (now.hash !== hash) throw new ClaimChangedError(shard);
  const kept = await readSeal(session, shard);
  const sealed = hashOfClaim(body);
  if (kept?.hash === sealed) return kept;
  const version = String(BigInt(kept?.version ?? 0) + 1n);
  const seal = { shard_id: shard, version, hash: sealed, body, map_version: mapVersion };
  await keepSeal(session, seal);
  return seal;
}

async function bookedCells(session: ShardSession): Promise<readonly BookedCells[]> {
  return unfinished(await readBooks(session)).map(({ kind, bucket, source, target, cells }) => ({
    source,
    target,
    cells: cellsOf({ cells }).map(({ at, to }) => {
      const from = kind === 'texts' ? 0n : BigInt(at);
      return { kind, bucket, from, to: kind === 'numbers' ? BigInt(to) : from + 1n };
    }),
  }));
}
