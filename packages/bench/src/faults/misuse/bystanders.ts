import type { Session, Truth } from './check/truth.ts';

const INSERT = 'INSERT INTO bystanders (id, body) VALUES (?, ?)';

let last = 0;

/** A row of one shard, in a table that no guard protects: what SQL reaches that was meant for something else. */
export interface Bystander {
  readonly id: number;
  /** The statement that writes it. */
  readonly insert: readonly [sql: string, values: readonly [id: number, body: string]];
}

export function nextBystander(): Bystander {
  last += 1;
  return { id: last, insert: [INSERT, [last, 'stays']] };
}

/** Writes a new one to each of some shards. */
export async function placeBystander(truth: Truth, shards: readonly number[]): Promise<Bystander> {
  const bystander = nextBystander();
  for (const shard of shards)
    await truth.session(shard, (session: Session) => session.query(...bystander.insert));
  return bystander;
}

export async function isThere(truth: Truth, shard: number, { id }: Bystander): Promise<boolean> {
  return (await truth.rows(shard, 'SELECT id FROM bystanders WHERE id = ?', [id])).length > 0;
}
