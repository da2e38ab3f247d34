import type { Session, Truth } from './check/truth.ts';

/** The fence of a bucket that holds a number, as primary key. */
const OF_NUMBER = 'bucket = ? AND range_from <= CAST(? AS SIGNED) AND range_to > CAST(? AS SIGNED)';

type State = 'owned' | 'frozen' | 'moved';

async function setFence(
  session: Session,
  number: bigint,
  bucket: number,
  state: State,
  nextOwner: number | null = null,
): Promise<void> {
  await session.query(
    `UPDATE bucket_fences SET state = ?, next_owner = ?, generation = generation + 1 WHERE ${OF_NUMBER}`,
    [state, nextOwner, bucket, number, number],
  );
}

/** Shuts the fence of a number on its shard while `fn` runs. */
export async function whileFrozen<T>(
  truth: Truth,
  { number, bucket, shard }: Fenced,
  fn: () => Promise<T>,
): Promise<T> {
  return truth.session(shard, async (session) => {
    await setFence(session, number, bucket, 'frozen');
    try {
      return await fn();
    } finally {
      await setFence(session, number, bucket, 'owned');
    }
  });
}

/** A number, its bucket, and the shard that owns them. */
export interface Fenced {
  readonly number: bigint;
  readonly bucket: number;
  readonly shard: number;
}

/** Hands the bucket of a number over to another shard by its fences, with the rows of wrong uses. It never has two owners. */
export async function handOver(truth: Truth, { number, bucket, shard }: Fenced, to: number): Promise<void> {
  await truth.session(shard, (source) =>
    truth.session(to, async (target) => {
      await setFence(source, number, bucket, 'frozen');
      const [range] = await source.query<{ range_from: string; range_to: string }>(
        `SELECT range_from, range_to FROM bucket_fences WHERE ${OF_NUMBER}`,
        [bucket, number, number],
      );
      const bounds = [bucket, range!.range_from, range!.range_to];
      const rows = await source.query<{ number: string; id: string; bucket: number; body: string }>(
        `SELECT number, id, bucket, body FROM uses
          WHERE bucket = ? AND number >= CAST(? AS SIGNED) AND number < CAST(? AS SIGNED)`,
        bounds,
      );
      for (const row of rows)
        // What lies there already is found when the rows are compared.
        await target.query('INSERT IGNORE INTO uses (number, id, bucket, body) VALUES (?, ?, ?, ?)', [
          row.number,
          row.id,
          row.bucket,
          row.body,
        ]);
      await source.query(
        'DELETE FROM uses WHERE bucket = ? AND number >= CAST(? AS SIGNED) AND number < CAST(? AS SIGNED)',
        bounds,
      );
      await setFence(target, number, bucket, 'owned');
      await setFence(source, number, bucket, 'moved', to);
    }),
  );
}

/** Runs `fn` while the bucket of a number is on another shard, and no router has heard of that. */
export async function whileElsewhere<T>(
  truth: Truth,
  fenced: Fenced,
  to: number,
  fn: () => Promise<T>,
): Promise<T> {
  await handOver(truth, fenced, to);
  try {
    return await fn();
  } finally {
    await handOver(truth, { ...fenced, shard: to }, fenced.shard);
  }
}
