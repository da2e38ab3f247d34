import { ShardMismatchError } from '../errors.ts';

/**
 * What a scope may write: the rows of a number, of a key, or of both; or the rows of a text key, which stands alone. A scope
 * by shard may write nothing.
 */
export interface WriteTarget {
  /** The number that the rows belong to. */
  readonly number?: bigint;
  /**
   * A key that is written together with a number and lives for days, such as an idempotency key. Its owner is the one in the
   * number's epoch, or without a number the current one. With a number, both must live on the same shard.
   */
  readonly key?: string;
  /** The key of rows that stay: any text, such as a UUID. Epochs leave them where they are; only moves change their owner. */
  readonly text?: string;
  /**
   * The generation of keys up to which the key was looked for, as `keyGenerationOf` returned it before the look. If the fence
   * has another generation, nothing is written: a router that has not heard of an epoch has not looked in the one before it.
   */
  readonly keyGeneration?: number;
  /** Whether the number was drawn just now for rows that do not exist yet. Then its time must be near the database's. */
  readonly fresh?: boolean;
}

/** Whether two targets name the same rows. */
export function sameTarget(a: WriteTarget | undefined, b: WriteTarget | undefined): boolean {
  return a?.number === b?.number && a?.key === b?.key && a?.text === b?.text;
}

/**
 * Checks that work on `target` can be a part of a transaction for `open`.
 *
 * @throws ShardMismatchError when it is for other rows
 */
export function checkJoins(open: WriteTarget, target: WriteTarget): void {
  const numberAlone = target.number !== undefined && target.key === undefined && target.text === undefined;
  if (sameTarget(open, target) || (numberAlone && open.number === target.number)) return;
  throw new ShardMismatchError(
    `a transaction for ${describeTarget(open)} is open: none for ${describeTarget(target)} can be opened inside it`,
  );
}

/** A target as text, for messages. */
export function describeTarget({ number, key, text }: WriteTarget): string {
  if (text !== undefined) return `text ${JSON.stringify(text)}`;
  if (number === undefined) return `key ${JSON.stringify(key)}`;
  return `number ${number}`;
}
