import {
  checkIdentity,
  formatSchema,
  loadMap,
  readClock,
  RouterError,
  schemaOf,
  type ShardSession,
} from '@ordershard/shard-router';
import type { MovingCell } from '../sql/move/books.ts';
import { type FenceCell, readAllFences } from '../sql/move/fences.ts';
import { countUnsettledRows, readRelayRow } from '../sql/move/outbox.ts';
import { countOwnedBuckets, readSizes, readWritable } from '../sql/move/participants.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { bookedWhereHeard, bookedAlready, unfinished } from './books.ts';
import { checkDays } from './check-days.ts';
import { overlapping } from './cut-fences.ts';
import {
  ClockSkewError,
  EngineRefusedError,
  MovePlanInvalidError,
  MovePlanStaleError,
  ParticipantError,
  RelayBehindError,
  SchemaDiffersError,
  SpaceError,
} from './errors.ts';
import { DEFAULT_MOVE_LIMITS, type MoveCluster, type MoveLimits, type MoveOptions } from './move-options.ts';
import { type BucketMove, MOVE_KINDS, type MovePlan } from './move-plan.ts';
import { type MovingTables, readMovingTables, tableNames } from './table-layout.ts';

/** A move of a plan with the fence rows that move. */
export interface CheckedMove extends BucketMove {
  readonly moving: readonly MovingCell[];
}

/** What a preflight has learnt. */
export interface Preflight {
  readonly tables: MovingTables;
  readonly moves: readonly CheckedMove[];
  /** About how many rows there are to copy. */
  readonly rows: number;
}

/** A target must have room for this many per cent of the size that the coming rows have on the source. */
const ROOM_PERCENT = 120n;

/** Checks whether a plan can run now. Changes nothing. See `MoveEngine.preflight` for what it throws. */
export async function preflight(
  cluster: MoveCluster,
  plan: MovePlan,
  options: Pick<MoveOptions, 'limits'> = {},
): Promise<Preflight> {
  const limits = { ...DEFAULT_MOVE_LIMITS, ...options.limits };
  checkPlan(cluster, plan);
  const shards = [...new Set(plan.moves.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) => a - b);
  await Promise.all(shards.map((shard) => checkParticipant(cluster, shard)));
  await checkMap(cluster, plan);
  await proveOwnership(cluster);
  await checkDays(cluster, plan.moves);
  await checkSchemas(cluster, shards);
  await checkClocks(cluster, shards, limits);
  const tables = await cluster.onShard(shards[0]!, (session) => readMovingTables(session, cluster.tables));
  const sources = [...new Set(plan.moves.map(({ from }) => from))];
  const numbersMove = plan.moves.some(({ kind }) => kind === 'numbers');
  if (numbersMove) {
    for (const shard of shards) await checkRelay(cluster, shard, tables, limits, sources.includes(shard));
  }
  const rows = await checkSpace(cluster, plan, tables);
  await checkBooks(cluster, plan);
  return { tables, moves: await checkFences(cluster, plan, shards), rows };
}

function checkPlan({ shards }: MoveCluster, { moves }: MovePlan): void {
  if (moves.length === 0) throw new MovePlanInvalidError('the plan moves nothing');
  const seen = new Set<string>();
  for (const { kind, bucket, from, to } of moves) {
    const name = `${kind} of bucket ${bucket}`;
    if (from === to) throw new MovePlanInvalidError(`${name}: from shard ${from} to itself`);
    for (const shard of [from, to])
      if (!shards.includes(shard))
        throw new MovePlanInvalidError(`${name}: shard ${shard} is not configured`);
    if (seen.has(name)) throw new MovePlanInvalidError(`${name}: more than once in the plan`);
    seen.add(name);
  }
}

async function checkParticipant({ onShard, clusterId }: MoveCluster, shard: number): Promise<void> {
  let writable: boolean;
  try {
    writable = await onShard(shard, async (session) => {
      await checkIdentity(session, clusterId);
      return readWritable(session);
    });
  } catch (error) {
    if (error instanceof RouterError && error.retryable)
      throw new ParticipantError(shard, 'it does not answer', { cause: error });
    throw error;
  }
  if (!writable) throw new ParticipantError(shard, 'it takes no writes');
}

async function checkMap({ shards, clusterId, onShard }: MoveCluster, plan: MovePlan): Promise<void> {
  const map = await loadMap(shards, clusterId, onShard);
  if (plan.cluster !== clusterId)
    throw new MovePlanInvalidError(`the plan is for cluster ${plan.cluster}, and this is ${clusterId}`);
  if (map.version !== plan.mapVersion)
    throw new MovePlanStaleError(
      `the plan is for version ${plan.mapVersion} of the shard map; the newest is ${map.version}`,
    );
  if (map.hash !== plan.mapHash)
    throw new MovePlanStaleError(
      `the plan is for another version ${plan.mapVersion} of the shard map than the one that this cluster has`,
    );
  const bad = plan.moves.find(({ bucket }) => !(bucket >= 0 && bucket < map.bucketCount));
  if (bad !== undefined) throw new MovePlanInvalidError(`there is no bucket ${bad.bucket}`);
}

async function checkSchemas({ onShard }: MoveCluster, shards: readonly number[]): Promise<void> {
  const schemas = await Promise.all(
    shards.map((shard) => onShard(shard, async (session) => linesOf(await schemaOf(session)))),
  );
  for (const [index, schema] of schemas.entries()) {
    const differing = [...new Set([...schema.keys(), ...schemas[0]!.keys()])].find(
      (name) => schema.get(name) !== schemas[0]!.get(name),
    );
    if (differing !== undefined)
      throw new SchemaDiffersError(
        `shards ${shards[0]} and ${shards[index]} do not have the same ${differing}`,
      );
  }
}

function linesOf(schema: Awaited<ReturnType<typeof schemaOf>>): ReadonlyMap<string, string> {
  return new Map(schema.map((each) => [`${each.kind.toLowerCase()} ${each.name}`, formatSchema([each])]));
}

async function checkClocks(
  { onShard }: MoveCluster,
  shards: readonly number[],
  { clockSkewMs }: MoveLimits,
): Promise<void> {
  const offsets: number[] = [];
  for (const shard of shards) {
    offsets.push(
      await onShard(shard, async (session) => {
        const before = Date.now();
        const now = await readClock(session);
        // The smallest offset from the clock here that the answer allows: none, if it lies between the two.
        const after = Date.now();
        return now < before ? now - before : now > after ? now - after : 0;
      }),
    );
  }
  const apart = Math.max(...offsets) - Math.min(...offsets);
  if (apart > clockSkewMs) throw new ClockSkewError(`the clocks of the shards are ${apart} ms apart`);
}

async function checkRelay(
  { onShard }: MoveCluster,
  shard: number,
  { outboxes }: MovingTables,
  { relayLagMs }: MoveLimits,
  isSource: boolean,
): Promise<void> {
  await onShard(shard, async (session: ShardSession) => {
    for (const { table } of outboxes) {
      const relay = await readRelayRow(session, table);
      if (relay?.engine === 'connect')
        throw new EngineRefusedError(`shard ${shard}: Debezium relays ${table}`);
      if (!isSource) continue;
      const { rows, ageMs } = await countUnsettledRows(session, table, relay);
      if (rows > 0 && ageMs > relayLagMs)
        throw new RelayBehindError(
          `shard ${shard}: ${rows} events of ${table} are not published, the oldest for ${ageMs} ms`,
        );
    }
  });
}

/** Checks that the targets have room. Returns about how many rows will be copied. */
async function checkSpace(
  { onShard, capacityOf }: MoveCluster,
  { moves }: MovePlan,
  tables: MovingTables,
): Promise<number> {
  const names = {
    numbers: tableNames(tables.numbers),
    keys: tableNames(tables.keys),
    texts: tableNames(tables.texts),
  };
  const coming = new Map<number, bigint>();
  let rows = 0n;
  for (const [pair, some] of Map.groupBy(moves, ({ kind, from, to }) => `${kind} ${from} ${to}`)) {
    const { kind, from, to } = some[0]!;
    const { sizes, owned } = await onShard(from, async (session) => ({
      sizes: await readSizes(session, names[kind]),
      owned: await countOwnedBuckets(session, kind),
    }));
    if (owned === 0n) throw new MovePlanInvalidError(`${pair}: the source owns nothing`);
    coming.set(to, (coming.get(to) ?? 0n) + (sizes.bytes * BigInt(some.length)) / owned);
    rows += (sizes.rows * BigInt(some.length)) / owned;
  }
  for (const [shard, bytes] of coming) {
    const capacity = capacityOf?.(shard);
    if (capacity === undefined) continue;
    const { allBytes } = await onShard(shard, (session) => readSizes(session, []));
    const needed = allBytes + (bytes * ROOM_PERCENT) / 100n;
    if (needed > capacity)
      throw new SpaceError(
        `shard ${shard}: about ${needed} bytes are needed, and there is room for ${capacity}`,
      );
  }
  return Number(rows);
}

/**
 * Throws when a bucket of the plan is moving already. Skips a shard that does not answer: by its seal it owns none of these
 * buckets.
 */
async function checkBooks(cluster: MoveCluster, { moves }: MovePlan): Promise<void> {
  const open = unfinished(await bookedWhereHeard(cluster));
  const clash = moves.find(({ kind, bucket }) =>
    open.some((move) => move.kind === kind && move.bucket === bucket),
  );
  if (clash !== undefined) throw bookedAlready(clash);
}

/** Returns each move with the fence rows that move. Throws unless the source owns them and the target does not. */
async function checkFences(
  { onShard }: MoveCluster,
  { moves }: MovePlan,
  shards: readonly number[],
): Promise<readonly CheckedMove[]> {
  const fences = new Map<string, readonly FenceCell[]>();
  for (const shard of shards) {
    for (const kind of MOVE_KINDS) {
      const all = await onShard(shard, (session) => readAllFences(session, kind));
      for (const [bucket, some] of Map.groupBy(all, (fence) => fence.bucket))
        fences.set(`${shard} ${kind} ${bucket}`, some);
    }
  }
  const of = (shard: number, { kind, bucket }: BucketMove) => fences.get(`${shard} ${kind} ${bucket}`) ?? [];
  return moves.map((move) => ({
    ...move,
    moving: movingCells(move, of(move.from, move), of(move.to, move)),
  }));
}

function movingCells(
  { kind, bucket, from, to, cells }: BucketMove,
  here: readonly FenceCell[],
  there: readonly FenceCell[],
): readonly MovingCell[] {
  const wrong = (what: string) => new MovePlanInvalidError(`${kind} of bucket ${bucket}: ${what}`);
  const owned = here.filter(
    ({ state, next_owner: owner }) => state === 'owned' || (state === 'carried' && owner === null),
  );
  const moving = cells === undefined ? owned : owned.filter(({ at }) => cells.includes(at));
  if (moving.length === 0) throw wrong(`shard ${from} does not own it`);
  const lacking = cells?.find((cell) => !moving.some(({ at }) => at === cell));
  if (lacking !== undefined) throw wrong(`shard ${from} does not own ${lacking}`);
  for (const cell of moving) {
    const other = overlapping(there, cell).find(({ state }) => state !== 'moved');
    if (other !== undefined) throw wrong(`on shard ${to} it is ${other.state}`);
  }
  return moving.map(({ at, to: end, state }) => ({ at, to: end, becomes: state }));
}
