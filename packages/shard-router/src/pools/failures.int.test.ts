import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startStack, type Stack } from '@ordershard/stack';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import {
  connectShardRouter,
  DeadlineExceededError,
  initialiseCluster,
  migrateShards,
  PoolExhaustedError,
  ROUTER_MIGRATIONS,
  type RouterOptions,
  type ShardConfig,
  type ShardRouter,
  shardsFromUrls,
  TransactionAbortedError,
} from '../index.ts';
import { TEST_MIGRATIONS } from '../router.fixture.ts';

const CLUSTER = 'failures';
const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';

let stack: Stack;
let shards: readonly ShardConfig[];
let admin: Connection;
const routers: ShardRouter[] = [];
/** Whether a breaker opened since the test began. */
let opened: boolean;

beforeAll(async () => {
  // Servers of its own, whatever servers the run has: a replica is stopped.
  const { ORDERSHARD_MYSQL_URLS: _, ...env } = process.env;
  stack = await startStack({ ephemeral: true, shards: 1, replicas: true, parts: ['mysql'], env });
  const list = (name: string) => stack.env[name]!.split(',');
  shards = shardsFromUrls(list('ORDERSHARD_MYSQL_URLS'), list('ORDERSHARD_MYSQL_READER_URLS'));
  await migrateShards(shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS]);
  await initialiseCluster({ clusterId: CLUSTER, shards });
  admin = await createConnection(stack.part('mysql-0').adminUrl!);
  await admin.query(`USE \`${new URL(shards[0]!.writer).pathname.slice(1)}\``);
});

afterEach(async () => {
  await Promise.all(routers.splice(0).map((router) => router.close()));
});

afterAll(async () => {
  await admin?.end();
  await stack?.stop();
});

async function open(options: Partial<RouterOptions> = {}): Promise<ShardRouter> {
  opened = false;
  const observer = { breakerChanged: (_: number, isOpen: boolean) => void (opened ||= isOpen) };
  const router = await connectShardRouter({ clusterId: CLUSTER, shards, observer, ...options });
  routers.push(router);
  return router;
}

/** A number whose note is there. */
async function noted(router: ShardRouter): Promise<bigint> {
  const number = router.drawNumber();
  await router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'x']));
  return number;
}

/** Holds the lock of a note's row while `fn` runs. */
async function locked<T>(number: bigint, fn: () => Promise<T>): Promise<T> {
  await admin.query('START TRANSACTION');
  await admin.query('SELECT * FROM notes WHERE number = ? FOR UPDATE', [number]);
  try {
    return await fn();
  } finally {
    await admin.query('ROLLBACK');
  }
}

/** The errors of several attempts at once. */
async function errorsOf(times: number, attempt: () => Promise<unknown>): Promise<unknown[]> {
  const settled = await Promise.allSettled(Array.from({ length: times }, attempt));
  return settled.map((each) => (each.status === 'rejected' ? each.reason : undefined) as unknown);
}

/** How many transactions are open on the server, or wait for a lock there. */
async function transactions(state?: 'LOCK WAIT'): Promise<number> {
  const [[row]] = await admin.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS n FROM information_schema.innodb_trx ${state === undefined ? '' : 'WHERE trx_state = ?'}`,
    [state ?? ''],
  );
  return Number(row!['n']);
}

/** The server renews its list of transactions only when nobody has read it for 0.1 s. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 150));
}

describe("what is a caller's own, or another's, never shuts a shard for everybody", () => {
  test('deadlines of queries', async () => {
    const router = await open();
    const number = await noted(router);
    const errors = await router.withKey(
      number,
      () => errorsOf(4, () => router.pool.promise().query('SELECT SLEEP(5)')),
      { timeoutMs: 100 },
    );
    expect(errors).toEqual(Array.from({ length: 4 }, () => expect.any(DeadlineExceededError)));
    expect(opened).toBe(false);
    await noted(router);
  });

  test('deadlines of transactions that wait for a row', async () => {
    const router = await open();
    const number = await noted(router);
    await locked(number, async () => {
      const errors = await errorsOf(4, () =>
        router.transaction(
          { number },
          (tx) => tx.execute("UPDATE notes SET body = 'z' WHERE number = ?", [number]),
          {
            timeoutMs: 200,
          },
        ),
      );
      expect(errors).toEqual(Array.from({ length: 4 }, () => expect.any(DeadlineExceededError)));
      expect(opened).toBe(false);
      await noted(router);
    });
  });

  test('a wait for a connection of a pool that is used up', async () => {
    const router = await open({ poolSize: 2, limits: { queueTimeoutMs: 300 } });
    const number = await noted(router);
    let release: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    let begun = 0;
    const holding = [0, 1].map(() =>
      router.transaction({ number: router.drawNumber() }, async () => {
        begun += 1;
        await released;
      }),
    );
    const all = Promise.all(holding);
    await Promise.race([all, until(() => Promise.resolve(begun === 2))]);
    const exhausted = await errorsOf(4, () => router.transaction({ number }, (tx) => tx.query('SELECT 1')));
    expect(exhausted).toEqual(Array.from({ length: 4 }, () => expect.any(PoolExhaustedError)));
    const late = await errorsOf(4, () =>
      router.transaction({ number }, (tx) => tx.query('SELECT 1'), { timeoutMs: 50 }),
    );
    expect(late).toEqual(Array.from({ length: 4 }, () => expect.any(DeadlineExceededError)));
    expect(opened).toBe(false);
    release!();
    await all;
  });

  test("the driver's own time for a statement", async () => {
    const router = await open();
    const number = await noted(router);
    const errors = await router.withKey(number, () =>
      errorsOf(4, () => router.pool.promise().query({ sql: 'SELECT SLEEP(5)', timeout: 100 })),
    );
    expect(errors).toEqual(Array.from({ length: 4 }, () => expect.any(DeadlineExceededError)));
    expect(opened).toBe(false);
  });

  test("an error of a transaction's function that looks like one of a network", async () => {
    const router = await open();
    const number = await noted(router);
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' });
    const errors = await errorsOf(4, () => router.transaction({ number }, () => Promise.reject(refused)));
    expect(errors).toEqual(Array.from({ length: 4 }, () => refused));
    expect(opened).toBe(false);
  });

  test('a replica that hangs: reads go past it, and the writer goes on', async () => {
    const router = await open({ limits: { statementTimeoutMs: 500 } });
    const number = await noted(router);
    const read = () =>
      router.withKey(number, () => router.pool.promise().query('SELECT @@server_id'), { role: 'reader' });
    await read();
    await stack.part('replica-0').pause();
    try {
      const errors = await errorsOf(4, read);
      expect(errors).toEqual(
        Array.from({ length: 4 }, () => expect.objectContaining({ role: 'reader', retryable: true })),
      );
      expect(opened).toBe(false);
      await noted(router);
      await read(); // At the writer.
    } finally {
      await stack.part('replica-0').resume();
    }
  });
});

describe('a row that is locked for long', () => {
  test('ends a transaction as one that was given up, before its statement counts as not answered', async () => {
    const router = await open({ limits: { statementTimeoutMs: 4_000 } });
    const number = await noted(router);
    await locked(number, async () => {
      const errors = await errorsOf(4, () =>
        router.transaction({ number }, (tx) =>
          tx.execute("UPDATE notes SET body = 'z' WHERE number = ?", [number]),
        ),
      );
      expect(errors).toEqual(Array.from({ length: 4 }, () => expect.any(TransactionAbortedError)));
      expect(opened).toBe(false);
      expect(await transactions('LOCK WAIT')).toBe(0);
    });
  });

  test('is not waited for on the server by a transaction that its caller gave up', async () => {
    const router = await open({ limits: { statementTimeoutMs: 120_000 } });
    const number = await noted(router);
    await locked(number, async () => {
      const [error] = await errorsOf(1, () =>
        router.transaction(
          { number },
          (tx) => tx.execute("UPDATE notes SET body = 'z' WHERE number = ?", [number]),
          {
            timeoutMs: 200,
          },
        ),
      );
      expect(error).toBeInstanceOf(DeadlineExceededError);
      // The server itself would wait for 50 s.
      await until(async () => (await transactions('LOCK WAIT')) === 0);
    });
  });
});
