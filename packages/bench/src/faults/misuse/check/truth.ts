import { createPool, type Pool, type PoolConnection, type RowDataPacket } from 'mysql2/promise';

/** A row that a wrong use wrote, and where it lies. */
export interface FoundUse {
  readonly shard: number;
  readonly id: string;
  readonly bucket: number;
  readonly body: string;
}

/** What the shards hold, read past the router. */
export class Truth {
  /** Position = shard id. */
  readonly #pools: readonly Pool[];

  constructor(urls: readonly string[]) {
    this.#pools = urls.map((uri) =>
      createPool({
        uri,
        connectionLimit: 8,
        supportBigNumbers: true,
        bigNumberStrings: true,
        dateStrings: true,
        jsonStrings: true,
        charset: 'utf8mb4_bin',
        timezone: 'Z',
        trace: false,
      }),
    );
  }

  /** Rows of a statement on one shard. */
  async rows<Row>(shard: number, sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const [rows] = await this.#pools[shard]!.query<RowDataPacket[]>(sql, values.map(plain));
    return rows as unknown as readonly Row[];
  }

  /** Rows of wrong uses of a number, on all shards. */
  async usesOf(number: bigint): Promise<readonly FoundUse[]> {
    const found = await Promise.all(
      this.#pools.map(async (_, shard) => {
        const rows = await this.rows<Omit<FoundUse, 'shard'>>(
          shard,
          'SELECT id, bucket, body FROM uses WHERE number = CAST(? AS SIGNED)',
          [number],
        );
        return rows.map((row) => ({ ...row, shard }));
      }),
    );
    return found.flat();
  }

  /** Calls `fn` with a session that no other code uses, and ends it afterwards, whatever it has left open. */
  async session<T>(shard: number, fn: (session: Session) => Promise<T>): Promise<T> {
    const connection = await this.#pools[shard]!.getConnection();
    try {
      await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
      // A session that fences its writes itself says so.
      await connection.query('SET @ordershard_bucket = -1, @ordershard_key_bucket = -1');
      return await fn(new Session(connection));
    } finally {
      connection.destroy();
    }
  }
}

/** A session past the router. */
export class Session {
  readonly #connection: PoolConnection;

  constructor(connection: PoolConnection) {
    this.#connection = connection;
  }

  async query<Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const [rows] = await this.#connection.query<RowDataPacket[]>(sql, values.map(plain));
    return rows as unknown as readonly Row[];
  }
}

/** A number as text: the driver would make a float of some. */
function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
