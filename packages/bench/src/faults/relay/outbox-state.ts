import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { connectPlain } from '../connect.ts';
import { WaitedInVainError } from '../until.ts';
import { TABLES } from './servers.ts';

const PATIENCE_MS = 120_000;
const AGAIN_MS = 100;

/** What a shard says of who relays a table, and how far. */
export interface TableState {
  readonly shard: number;
  readonly table: string;
  readonly holder: string;
  readonly token: bigint;
  /** Whether a lease runs. */
  readonly held: boolean;
  readonly settledId: bigint;
  readonly gaps: string;
}

/** An outbox table, and the highest id that is committed in it. */
export interface TableEnd {
  readonly shard: number;
  readonly table: string;
  readonly lastId: bigint;
}

/** Reads the shards' tables, straight from the servers, and waits for a server that is down. */
export class OutboxState {
  readonly #urls: readonly string[];
  readonly #connections: (Connection | undefined)[];

  constructor(urls: readonly string[]) {
    this.#urls = urls;
    this.#connections = urls.map(() => undefined);
  }

  /** Who relays what, of all shards. */
  async tables(): Promise<TableState[]> {
    const states = await this.#each(async (connection, shard) => {
      const [rows] = await connection.query<RowDataPacket[]>(
        `SELECT table_name, holder, token, leased_until > UTC_TIMESTAMP(3) AS held, settled_id, gaps FROM outbox_relays`,
      );
      return rows.map((row) => ({
        shard,
        table: String(row['table_name']),
        holder: String(row['holder']),
        token: BigInt(row['token']),
        held: Number(row['held']) === 1,
        settledId: BigInt(row['settled_id']),
        gaps: String(row['gaps']),
      }));
    });
    return states.flat();
  }

  /** How far the tables of all shards go. */
  async ends(): Promise<TableEnd[]> {
    const ends = await this.#each(async (connection, shard) => {
      const [[row]] = await connection.query<RowDataPacket[]>(
        `SELECT ${TABLES.map((table) => `(SELECT COALESCE(MAX(id), 0) FROM ${table}) AS ${table}`).join(', ')}`,
      );
      return TABLES.map((table) => ({ shard, table, lastId: BigInt(row![table]) }));
    });
    return ends.flat();
  }

  close(): void {
    for (const connection of this.#connections) connection?.destroy();
  }

  #each<T>(read: (connection: Connection, shard: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#urls.map((_, shard) => this.#patiently(shard, read)));
  }

  async #patiently<T>(
    shard: number,
    read: (connection: Connection, shard: number) => Promise<T>,
  ): Promise<T> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await read(await this.#connect(shard), shard);
      } catch (cause) {
        this.#connections[shard]?.destroy();
        this.#connections[shard] = undefined;
        if (performance.now() > end) throw new WaitedInVainError(`shard ${shard} does not answer`, { cause });
        await sleep(AGAIN_MS);
      }
    }
  }

  async #connect(shard: number): Promise<Connection> {
    const open = this.#connections[shard];
    if (open !== undefined) return open;
    const connection = await connectPlain(this.#urls[shard]!);
    connection.on('error', () => undefined);
    const other = this.#connections[shard];
    if (other !== undefined) {
      connection.destroy();
      return other;
    }
    this.#connections[shard] = connection;
    return connection;
  }
}
