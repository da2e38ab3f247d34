import { randomUUID } from 'node:crypto';
import type { RideCluster } from './rides.fixture.ts';

/** Tickets, by text keys, of a test: what was acknowledged of each, and where their rows lie. */
export class Tickets {
  readonly acknowledged = new Map<string, number>();
  readonly #rides: RideCluster;

  constructor(rides: RideCluster) {
    this.#rides = rides;
  }

  /** A new ticket of a bucket, with two seats. */
  async add(bucket: number): Promise<string> {
    let text: string;
    do text = `${randomUUID()} '떡`;
    while (this.#rides.router.bucketOf(text) !== bucket);
    await this.insert(text);
    this.acknowledged.set(text, 0);
    return text;
  }

  /** Inserts the seats of a ticket. */
  async insert(text: string): Promise<void> {
    await this.#rides.router.transaction({ text }, async (tx) => {
      for (const seat of [0, 1])
        await tx.execute('INSERT INTO tickets (ticket, seat, bucket, body) VALUES (?, ?, ?, ?)', [
          text,
          seat,
          tx.bucket,
          '0',
        ]);
    });
  }

  async change(text: string): Promise<void> {
    const version = this.acknowledged.get(text)! + 1;
    await this.#rides.router.transaction({ text }, (tx) =>
      tx.execute('UPDATE tickets SET body = ? WHERE ticket = ?', [String(version), text]),
    );
    this.acknowledged.set(text, version);
  }

  /** Takes a ticket away. */
  async remove(text: string): Promise<void> {
    await this.#rides.router.transaction({ text }, (tx) =>
      tx.execute('DELETE FROM tickets WHERE ticket = ?', [text]),
    );
    this.acknowledged.delete(text);
  }

  /** Every acknowledged ticket that is not found as it was acknowledged. */
  async lost(): Promise<readonly string[]> {
    const lost: string[] = [];
    for (const [text, version] of this.acknowledged) {
      const rows = await this.#rides.router.readRows<{ body: string }>(
        { text },
        { sql: 'SELECT body FROM tickets WHERE ticket = ?', values: [text] },
      );
      if (rows.length !== 2 || rows.some(({ body }) => body !== String(version))) lost.push(text);
    }
    return lost;
  }

  /** How many rows of a bucket a shard has, whoever owns it. */
  async rowsOn(shard: number, bucket: number): Promise<number> {
    const [row] = await this.#rides.on(shard, (session) =>
      session.query<{ n: string }>('SELECT COUNT(*) AS n FROM tickets WHERE bucket = ?', [bucket]),
    );
    return Number(row!.n);
  }

  /** Runs `fn` while tickets of a bucket are changed, added and taken away. */
  async whileWritten<T>(bucket: number, fn: () => Promise<T>): Promise<T> {
    const writing = { on: true };
    const writers = [0, 1, 2].map(async (writer) => {
      const own: string[] = [];
      for (let i = 0; i < 5; i += 1) own.push(await this.add(bucket));
      for (let i = 0; writing.on; i += 1) {
        await this.change(own[i % own.length]!);
        if (i % 5 === writer) own.push(await this.add(bucket));
        if (i % 11 === 10) await this.remove(own.shift()!);
      }
    });
    try {
      return await fn();
    } finally {
      writing.on = false;
      await Promise.all(writers);
    }
  }
}
