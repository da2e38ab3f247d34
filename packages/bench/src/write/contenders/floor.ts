import { type Connection, createConnection, type QueryError } from 'mysql2';
import type { KnownFences, WriteCluster } from '../cluster.ts';
import { connectionOptions, SESSION_SETUP } from '../connections.ts';
import { type Contender, FenceShutError } from '../contender.ts';
import type { BenchOrder } from '../orders.ts';
import { FENCE_SHUT_ERRNO, transactionText } from '../transaction-text.ts';

// One transaction at a time and two, with 64, 128 and 256 orders at the most, were within some 10 % of each other. A second one
// beside the first paid at 256 callers and cost 7 to 23 % at 8, so it has to be worth it.

/** Orders of one transaction at the most. */
const MOST = 128;
/** Transactions of one shard that are on their way at a time. */
const AT_ONCE = 2;
/** Orders that must wait before another transaction is sent beside one that is on its way. */
const WORTH_ANOTHER = 64;

export interface FloorOptions {
  readonly most?: number;
  readonly atOnce?: number;
  readonly worthAnother?: number;
}

/**
 * What straight-line code by hand can do. Orders that arrive while a transaction is on its way go into the next one, all in
 * one text of several statements that the server runs in one round trip. It knows this one kind of order, splits nothing and
 * retries nothing.
 */
export async function open(
  { shards, fences }: WriteCluster,
  { most = MOST, atOnce = AT_ONCE, worthAnother = WORTH_ANOTHER }: FloorOptions = {},
): Promise<Contender> {
  const lanes = await Promise.all(
    shards.map(async ({ writer }) => {
      const connections = await Promise.all(Array.from({ length: atOnce }, () => connect(writer)));
      return new Lane(connections, { most, worthAnother, fences });
    }),
  );
  return {
    name: 'merged by hand',
    kind: 'floor',
    place: (order) => lanes[order.shard]!.place(order),
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

interface Waiting {
  readonly order: BenchOrder;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The orders of one shard. */
class Lane {
  readonly #all: readonly Connection[];
  readonly #free: Connection[];
  readonly #options: { most: number; worthAnother: number; fences: KnownFences };
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(
    connections: readonly Connection[],
    options: { most: number; worthAnother: number; fences: KnownFences },
  ) {
    this.#all = connections;
    this.#free = [...connections];
    this.#options = options;
  }

  place(order: BenchOrder): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ order, resolve, reject });
      this.#schedule();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((connection) => connection.promise().end()));
  }

  /** Sends once everyone who is about to place an order in this turn of the event loop has done so. */
  #schedule(): void {
    if (this.#scheduled || this.#free.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    const { most, worthAnother, fences } = this.#options;
    const needed = this.#free.length === this.#all.length ? 1 : worthAnother;
    if (this.#waiting.length < needed) return;
    const connection = this.#free.pop();
    if (connection === undefined) return;
    const units = this.#waiting.splice(0, most);
    const sql = transactionText(
      units.map(({ order }) => order),
      fences,
    );
    // With null and not undefined as values, the driver does not look for placeholders: 6 µs an order.
    connection.query({ sql, values: null }, (error) => {
      if (error === null) {
        this.#free.push(connection);
        for (const { resolve } of units) resolve();
        this.#schedule();
      } else {
        this.#fail(connection, units, error);
      }
    });
    this.#schedule();
  }

  #fail(connection: Connection, units: readonly Waiting[], error: QueryError): void {
    const shut = error.errno === FENCE_SHUT_ERRNO;
    const reason = shut ? new FenceShutError('a fence is shut or locked', { cause: error }) : error;
    connection.query('ROLLBACK', (failure) => {
      for (const { reject } of units) reject(reason);
      if (failure !== null) return;
      this.#free.push(connection);
      this.#schedule();
    });
  }
}

async function connect(url: string): Promise<Connection> {
  const connection = createConnection({ ...connectionOptions(url), multipleStatements: true });
  for (const sql of SESSION_SETUP) await connection.promise().query(sql);
  return connection;
}
