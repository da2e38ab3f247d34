/** What a scope is allowed to write: the rows of a number, of a key, or of both. Nothing, in a scope by shard. */
export interface WriteTarget {
  /** The number that the rows belong to. */
  readonly number?: bigint;
  /** A key that rows are found by, such as an idempotency key. With a number, both must live on the same shard. */
  readonly key?: string;
  /** Whether the number was drawn just now for rows that do not exist yet. Then its time must be near the database's. */
  readonly fresh?: boolean;
}

/** Whether two targets name the same rows. */
export function sameTarget(a: WriteTarget | undefined, b: WriteTarget | undefined): boolean {
  return a?.number === b?.number && a?.key === b?.key;
}

/** A target as text, for messages. */
export function describeTarget({ number, key }: WriteTarget): string {
  if (number === undefined) return `key ${JSON.stringify(key)}`;
  return `number ${number}`;
}
