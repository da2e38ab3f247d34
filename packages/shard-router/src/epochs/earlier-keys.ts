import { decodeNumber, lowestNumberAt } from '../ids/snowflake.ts';
import type { ShardSession } from '../pools/session.ts';
import { earlierKeyOwners, ownerOfKey, type ShardMap } from '../topology/map.ts';
import { type StatementLike, statementOf } from '../write/statement.ts';
import { KeySeals } from './seal-keys.ts';

/** A key may be written under a number that is some minutes old. */
const LATE_MS = 15 * 60_000;

/** Where a key is looked for. */
export interface KeyLook {
  /** The number that is to be written together with the key. */
  readonly number: bigint;
  /** How long a key is looked for after it was written, milliseconds. */
  readonly lifetimeMs: number;
}

/** Finds rows that were written under keys in epochs that are over. */
export class EarlierKeys {
  readonly #onShard: <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>;
  readonly #seals: KeySeals;

  /** @param onShard runs a function with an operator's read-write session of a shard */
  constructor(onShard: <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>) {
    this.#onShard = onShard;
    this.#seals = new KeySeals(onShard);
  }

  /** Returns the first row that a query finds on the shards where the keys of `bucket` lived before, or undefined. */
  async find<Row>(
    map: ShardMap,
    bucket: number,
    { number, lifetimeMs }: KeyLook,
    query: StatementLike<Row>,
  ): Promise<Row | undefined> {
    // Uses the time of the number. The fence of the number compares that time with the database's, before or after this look.
    const since = lowestNumberAt(decodeNumber(number).timeMs - lifetimeMs - LATE_MS);
    const earlier = earlierKeyOwners(map, bucket, number, since);
    if (earlier.length === 0) return undefined;
    const owner = ownerOfKey(map, bucket, number);
    const { sql, values } = statementOf(query);
    for (const before of earlier) {
      const shard = await this.#seals.seal(bucket, before, owner);
      const [row] = await this.#onShard(shard, (session) => session.query<Row>(sql, values));
      if (row !== undefined) return row;
    }
    return undefined;
  }
}
