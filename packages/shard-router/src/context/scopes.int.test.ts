import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FenceError, NoShardError, ScopeClosedError, ShardMismatchError } from '../errors.ts';
import { routerErrorOf, sql, withShardSessions } from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';

let cluster: TestCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('scopes');
  router = await cluster.router();
});

afterAll(() => cluster.end());

const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';
const insert = (number: bigint) => [number, router.bucketOf(number), 'x'];
const pool = () => router.pool.promise();

/** How many shards hold a row of a number. */
async function copies(number: bigint): Promise<number> {
  const found = await withShardSessions(cluster.shards, (session) =>
    session.query('SELECT 1 AS one FROM notes WHERE number = ?', [number]),
  );
  return found.flat().length;
}

/** Sets the state of the fence of a number's bucket on a shard. */
async function setFence(
  on: number,
  number: bigint,
  state: string,
  owner: number | null = null,
): Promise<void> {
  await router.outside(() =>
    router.onShard(on, (session) =>
      session.execute('UPDATE bucket_fences SET state = ?, next_owner = ? WHERE bucket = ?', [
        state,
        owner,
        router.bucketOf(number),
      ]),
    ),
  );
}

describe("a transaction of a scope's connection", () => {
  /** Begins a transaction for `number` on a connection of the pool, runs `inside`, and takes it back. */
  async function within(number: bigint, inside: () => Promise<unknown>): Promise<void> {
    await router.withKey(number, async () => {
      const connection = await pool().getConnection();
      try {
        await connection.beginTransaction();
        await connection.query(INSERT, insert(number));
        await inside();
        await connection.rollback();
      } finally {
        connection.release();
      }
    });
  }

  const other = () => router.drawNumber(1);
  test.each<[string, (b: bigint) => Promise<unknown>]>([
    ['a scope by key', (b) => router.withKey(b, () => undefined)],
    ['a scope by shard', () => router.withShard(1, () => undefined)],
    ['a transaction', (b) => router.transaction({ number: b }, (tx) => tx.execute(INSERT, insert(b)))],
    [
      'a unit of work',
      (b) =>
        router.write({ number: b }, () => ({ statements: [{ sql: INSERT, values: insert(b) as never }] })),
    ],
    ['a read', (b) => router.read(b, (session) => session.query('SELECT 1'))],
    ['a read of rows', (b) => router.readRows(b, sql`SELECT 1 AS one`)],
    ["an operator's session", () => router.onShard(1, (session) => session.query('SELECT 1'))],
  ])('refuses %s on another shard, and nothing is written there', async (_, enter) => {
    const [a, b] = [router.drawNumber(0), other()];
    await within(a, () => expect(enter(b)).rejects.toThrow(ShardMismatchError));
    expect([await copies(a), await copies(b)]).toEqual([0, 0]);
  });

  test('refuses another shard in a scope that is nested in its own', async () => {
    const b = other();
    await within(router.drawNumber(0), () =>
      router.withShard(0, () =>
        expect(router.withKey(b, () => undefined)).rejects.toThrow(ShardMismatchError),
      ),
    );
  });

  test('allows another shard again when it has ended', async () => {
    const [a, b] = [router.drawNumber(0), other()];
    await router.withKey(a, async () => {
      const connection = await pool().getConnection();
      await connection.beginTransaction();
      await connection.query(INSERT, insert(a));
      await connection.commit();
      connection.release();
      await router.transaction({ number: b }, (tx) => tx.execute(INSERT, insert(b)));
    });
    expect([await copies(a), await copies(b)]).toEqual([1, 1]);
  });

  test('is refused in a scope nested in another, when one is open there by then', async () => {
    const [a, b] = [router.drawNumber(0), other()];
    await router.withKey(a, async () => {
      const onA = await pool().getConnection();
      await router.withKey(b, async () => {
        const onB = await pool().getConnection();
        await onA.beginTransaction();
        await expect(onB.beginTransaction()).rejects.toMatchObject({ code: 'ROUTER_SHARD_MISMATCH' });
        await onA.rollback();
        onA.release();
      });
    });
  });

  test('leaves alone what is inside a transaction on another shard that was begun before it', async () => {
    const [a, b] = [router.drawNumber(0), other()];
    await router.withKey(a, async () => {
      const onA = await pool().getConnection();
      await router.transaction({ number: b }, async () => {
        await onA.beginTransaction();
        await router.withKey(b, () => pool().query(INSERT, insert(b)));
        await router.transaction({ number: b }, (tx) => tx.execute('DO 1'));
      });
      await onA.rollback();
      onA.release();
    });
    expect(await copies(b)).toBe(1);
  });
});

describe('a locked scope', () => {
  test.each<[string, (b: bigint) => Promise<unknown>]>([
    ['a scope by key', (b) => router.withKey(b, () => undefined)],
    ['a scope by shard', () => router.withShard(1, () => undefined)],
    ['a transaction', (b) => router.transaction({ number: b }, () => undefined)],
    ['a unit of work', (b) => router.write({ number: b }, () => ({ statements: [sql`DELETE FROM notes`] }))],
    ['a read', (b) => router.read(b, (session) => session.query('SELECT 1'))],
    ['a read of rows', (b) => router.readRows(b, sql`SELECT 1 AS one`)],
    ["an operator's session", () => router.onShard(1, (session) => session.query('SELECT 1'))],
  ])('refuses %s on another shard', async (_, enter) => {
    const [a, b] = [router.drawNumber(0), router.drawNumber(1)];
    await router.withKey(a, () => expect(enter(b)).rejects.toThrow(ShardMismatchError), { locked: true });
  });
});

describe('a scope that is over', () => {
  test.each<[string, (a: bigint) => Promise<unknown>]>([
    ['a read', (a) => router.read(a, (session) => session.query('SELECT 1'))],
    ['a read of rows', (a) => router.readRows(a, sql`SELECT 1 AS one`)],
    ["an operator's session", () => router.onShard(0, (session) => session.query('SELECT 1'))],
    ['a transaction', (a) => router.transaction({ number: a }, () => undefined)],
    ['a unit of work', (a) => router.write({ number: a }, () => ({ statements: [sql`DELETE FROM notes`] }))],
  ])('refuses %s', async (_, enter) => {
    const a = router.drawNumber(0);
    let later: (() => void) | undefined;
    const ended = new Promise<void>((resolve) => (later = resolve));
    const holder: { late?: Promise<unknown> } = {};
    await router.withKey(a, () => {
      // Begun inside the scope, it goes on in it when the scope is over.
      holder.late = ended.then(() => enter(a));
      holder.late.catch(() => undefined);
    });
    later!();
    await expect(holder.late).rejects.toThrow(ScopeClosedError);
  });
});

describe('a scope that a fence refuses', () => {
  test.each<[string, (number: bigint) => Promise<unknown>]>([
    [
      'a transaction of the pool',
      async (number) => {
        const connection = await pool().getConnection();
        await connection.beginTransaction();
        await connection.query(INSERT, insert(number));
        await connection.commit();
        connection.release();
      },
    ],
    [
      'a unit of work',
      (number) =>
        router.write({ number }, () => ({ statements: [{ sql: INSERT, values: insert(number) as never }] })),
    ],
    ['a transaction', (number) => router.transaction({ number }, (tx) => tx.execute(INSERT, insert(number)))],
    [
      'a transaction of another shard',
      () => {
        const b = router.drawNumber(1);
        return router.transaction({ number: b }, (tx) => tx.execute(INSERT, insert(b)));
      },
    ],
    [
      "an operator's session",
      (number) => router.onShard(0, (session) => session.query('SELECT ? AS one', [number])),
    ],
  ])('is not run again after %s', async (_, commit) => {
    const number = router.drawNumber(0);
    let runs = 0;
    const scope = router.withKey(number, async () => {
      runs += 1;
      await commit(number);
      await setFence(0, number, 'moved', 1);
      const connection = await pool().getConnection();
      await connection.beginTransaction();
    });
    const error = await scope.catch((thrown: unknown) => thrown);
    expect(routerErrorOf(error)).toMatchObject({
      code: 'ROUTER_BUCKET_ELSEWHERE',
      retryable: true,
      owner: 1,
    });
    expect(runs).toBe(1);
    await setFence(0, number, 'owned');
  });

  test('is run again when it has committed nothing', async () => {
    const number = router.drawNumber(0);
    let runs = 0;
    await setFence(0, number, 'frozen');
    await router.withKey(number, async () => {
      runs += 1;
      if (runs === 2) await setFence(0, number, 'owned');
      const connection = await pool().getConnection();
      await connection.beginTransaction();
      await connection.query(INSERT, insert(number));
      await connection.commit();
      connection.release();
    });
    expect(runs).toBe(2);
    expect(await copies(number)).toBe(1);
  });

  test('is not run again by a scope around it that has committed something', async () => {
    const number = router.drawNumber(0);
    const runs = { outer: 0, inner: 0 };
    const scope = router.withKey(number, async () => {
      runs.outer += 1;
      await router.transaction({ number }, (tx) => tx.execute(INSERT, insert(number)));
      await setFence(0, number, 'frozen');
      await router.withKey(
        number,
        async () => {
          runs.inner += 1;
          const connection = await pool().getConnection();
          await connection.beginTransaction();
        },
        { timeoutMs: 200 },
      );
    });
    await expect(scope).rejects.toMatchObject({ retryable: true });
    expect(runs.outer).toBe(1);
    expect(runs.inner).toBeGreaterThan(1);
    await setFence(0, number, 'owned');
  });
});

test('a transaction that another commit happened in is not run again', async () => {
  const number = router.drawNumber(0);
  let runs = 0;
  const failing = router.transaction({ number }, async () => {
    runs += 1;
    await router.onShard(0, (session) => session.query('SELECT 1'));
    throw new FenceError('planned');
  });
  await expect(failing).rejects.toThrow('planned');
  expect(runs).toBe(1);
});

describe('outside of its scope', () => {
  test('a batcher that a request has made serves the numbers of others', async () => {
    const [a, b] = [router.drawNumber(0), router.drawNumber(1)];
    for (const number of [a, b])
      await router.transaction({ number }, (tx) => tx.execute(INSERT, insert(number)));
    let waiting: { number: bigint; resolve: (found: unknown) => void }[] = [];
    const flush = async () => {
      const batch = waiting;
      waiting = [];
      for (const { number, resolve } of batch)
        resolve(await router.readRows(number, sql`SELECT body FROM notes WHERE number = ${number}`));
    };
    const load = (number: bigint) =>
      new Promise((resolve) => {
        waiting.push({ number, resolve });
        if (waiting.length === 1) router.outside(() => setImmediate(() => void flush()));
      });
    const found = await Promise.all(
      [a, b].map((number) => router.withKey(number, () => load(number), { locked: true })),
    );
    expect(found).toEqual([[{ body: 'x' }], [{ body: 'x' }]]);
  });

  test('a timer goes on when the scope that it was made in is over', async () => {
    const [a, b] = [router.drawNumber(0), router.drawNumber(1)];
    const ticks = await router.withKey(a, () => ({
      first: router.outside(
        () =>
          new Promise((resolve, reject) => {
            setTimeout(() => void router.transaction({ number: b }, () => 'ran').then(resolve, reject), 1);
          }),
      ),
    }));
    await expect(ticks.first).resolves.toBe('ran');
  });

  test('no transaction is open, and the pool goes nowhere', async () => {
    await router.transaction({ number: router.drawNumber(0) }, async () => {
      expect(router.inTransaction).toBe(true);
      expect(router.outside(() => router.inTransaction)).toBe(false);
      await expect(router.outside(() => pool().query('SELECT 1'))).rejects.toThrow(NoShardError);
      expect(router.inTransaction).toBe(true);
    });
  });
});

test('a function by key rejects when its key cannot be told', async () => {
  const call = router.sharded(
    (): bigint => {
      throw new Error('no key');
    },
    () => 1,
  );
  await expect(call()).rejects.toThrow('no key');
});

test('a scope of a reader begins a transaction on the writer, and the shard is none the worse', async () => {
  const changes: boolean[] = [];
  const [writer, other] = cluster.shards;
  const withReader = await cluster.router({
    numbers: false,
    shards: [{ ...writer!, readers: [writer!.writer] }, other!],
    observer: { breakerChanged: (_shard, open) => changes.push(open) },
  });
  const number = router.drawNumber(0);
  const begin = () =>
    withReader.withKey(
      number,
      async () => {
        const connection = await withReader.pool.promise().getConnection();
        await connection.beginTransaction();
      },
      { role: 'reader' },
    );
  await Promise.all([begin(), begin(), begin()]);
  expect(changes).toEqual([]);
  expect(withReader.liveShards()).toEqual([0, 1]);
});
