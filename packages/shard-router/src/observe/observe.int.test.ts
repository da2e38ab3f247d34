import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { RowDataPacket } from 'mysql2';
import { Registry } from 'prom-client';
import { allOf, bucketOf, nextMap, publishMap, type ShardMap } from '../index.ts';
import { FenceError, TransactionAbortedError } from '../errors.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';
import { openTelemetryObserver } from './opentelemetry/index.ts';
import { prometheusObserver } from './prometheus/index.ts';

/** What a server says of a deadlock. */
const DEADLOCK = `SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'`;
const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await testCluster('observe');
});

afterAll(() => cluster.end());

async function setFence(router: ShardRouter, shard: number, bucket: number, state: string): Promise<void> {
  await router.onShard(shard, (session) =>
    session.execute('UPDATE bucket_fences SET state = ? WHERE bucket = ?', [state, bucket]),
  );
}

async function newestMap(router: ShardRouter): Promise<ShardMap> {
  const [row] = await router.onShard(0, (session) =>
    session.query<{ version: number; hash: string; parent_hash: string; body: string }>(
      'SELECT version, hash, parent_hash, body FROM shard_maps ORDER BY version DESC LIMIT 1',
    ),
  );
  const { version, hash, parent_hash: parentHash, body } = row!;
  return { ...(JSON.parse(body) as ShardMap), version, hash, parentHash };
}

describe('with Prometheus', () => {
  const register = new Registry();
  let router: ShardRouter;
  let reload: () => void;
  let reloaded: (version: number) => void = () => undefined;

  beforeAll(async () => {
    router = await cluster.router({
      mapPollMs: 3_600_000,
      observer: allOf(prometheusObserver({ register }), {
        mapReloaded: (version) => reloaded(version),
      }),
      notifier: {
        subscribe: (changed) => {
          reload = changed;
          return () => undefined;
        },
      },
    });
  });

  beforeEach(() => register.resetMetrics());

  /** The series of a metric, without a histogram's buckets and sums. */
  async function series(name: string): Promise<Record<string, unknown>[]> {
    const { values } = await register.getSingleMetric(`ordershard_router_${name}`)!.get();
    return values
      .filter(({ labels, metricName = '' }: { labels: object; metricName?: string }) => {
        return !('le' in labels) && !metricName.endsWith('_sum');
      })
      .map(({ labels, value }) => ({ ...labels, value }));
  }

  test('routed queries are counted by shard, role and kind', async () => {
    const number = router.drawNumber(1);
    await router.withKey(number, async () => {
      await router.pool.promise().query('SELECT 1');
      await router.pool.promise().execute('SELECT ?', [2]);
    });
    await router.read(number, (session) => session.query('SELECT 3'));
    expect(await series('statement_seconds')).toEqual([
      { shard: 1, role: 'writer', kind: 'read', value: 5 }, // The two reads of the fence with them.
    ]);
    expect(await series('acquire_seconds')).toEqual([{ shard: 1, role: 'writer', value: 3 }]);
    expect(await series('numbers_total')).toEqual([{ value: 1 }]);
    expect(await series('errors_total')).toEqual([]);
  });

  test('transactions are counted by how they end, with what they send', async () => {
    const number = router.drawNumber(0);
    await router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'x']));
    await router.transaction({ number }, () => Promise.reject(new Error('no'))).catch(() => undefined);
    await router.withKey(number, async () => {
      for (const end of ['commit', 'rollback', 'release'] as const) {
        const connection = await router.pool.promise().getConnection();
        await connection.beginTransaction();
        await connection.query('SELECT 1');
        await connection[end]();
        connection.release();
      }
    });
    expect(await series('transaction_seconds')).toEqual(
      expect.arrayContaining([
        { shard: 0, outcome: 'committed', value: 2 },
        { shard: 0, outcome: 'rolled back', value: 3 },
      ]),
    );
    expect(await series('transaction_attempts_total')).toEqual([{ shard: 0, value: 5 }]);
    const kinds = Object.fromEntries(
      (await series('statement_seconds')).map(({ kind, value }) => [kind, value]),
    );
    expect(kinds).toEqual({ begin: 5, write: 1, read: 3, commit: 2, rollback: 2 });
  });

  test('a transaction that the server gives up is aborted', async () => {
    const number = router.drawNumber(0);
    const attempts: unknown[] = [];
    await expect(
      router.transaction({ number }, (tx) => {
        attempts.push(tx);
        return tx.query(DEADLOCK);
      }),
    ).rejects.toThrow(TransactionAbortedError);
    await router.withKey(number, async () => {
      const connection = await router.pool.promise().getConnection();
      await connection.beginTransaction();
      await expect(connection.query(DEADLOCK)).rejects.toMatchObject({ errno: 1213 });
      await connection.rollback();
      connection.release();
    });
    expect(attempts.length).toBeGreaterThan(1);
    expect(await series('transaction_seconds')).toEqual([{ shard: 0, outcome: 'aborted', value: 2 }]);
    expect(await series('transaction_attempts_total')).toEqual([{ shard: 0, value: attempts.length + 1 }]);
  });

  test('a fence that refuses is counted by reason, with its attempts as one transaction', async () => {
    const number = router.drawNumber(0);
    const bucket = bucketOf(number, router.bucketCount);
    await setFence(router, 0, bucket, 'frozen');
    register.resetMetrics();
    await expect(router.transaction({ number }, () => undefined)).rejects.toThrow(FenceError);
    const [rejections] = await series('fence_rejections_total');
    expect(rejections).toMatchObject({ shard: 0, reason: 'shut' });
    expect(await series('transaction_attempts_total')).toEqual([{ shard: 0, value: rejections!['value'] }]);
    expect(rejections!['value']).toBeGreaterThan(1);
    expect(await series('transaction_seconds')).toEqual([{ shard: 0, outcome: 'rolled back', value: 1 }]);
    await setFence(router, 0, bucket, 'owned');
  });

  test('failures are counted by code', async () => {
    const number = router.drawNumber(1);
    const insert = () => router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'x']));
    await insert();
    await expect(insert()).rejects.toThrow('duplicate');
    await router.withKey(number, async () => {
      await expect(router.pool.promise().query('SELEKT')).rejects.toThrow();
    });
    await router.withKey(number, async () => {
      const connection = await router.pool.promise().getConnection();
      await expect(connection.query('SELECT * FROM nowhere')).rejects.toThrow();
      connection.release();
    });
    const errors = await series('errors_total');
    expect(errors).toHaveLength(3);
    expect(errors).toEqual(
      expect.arrayContaining([
        { shard: 1, code: 'ROUTER_DUPLICATE_ROW', value: 1 },
        { shard: 1, code: 'ER_PARSE_ERROR', value: 1 },
        { shard: 1, code: 'ER_NO_SUCH_TABLE', value: 1 },
      ]),
    );
  });

  test('looks for a map are counted, and its version is shown', async () => {
    const seen = new Promise<number>((resolve) => {
      reloaded = resolve;
    });
    const map = await newestMap(router);
    const next = nextMap(map, map);
    await publishMap(next, router.allShards(), (shard, fn) => router.onShard(shard, fn));
    register.resetMetrics();
    reload();
    expect(await seen).toBe(next.version);
    expect(await series('map_reloads_total')).toEqual([{ outcome: 'ok', value: 1 }]);
    expect(await series('map_version')).toEqual([{ value: next.version }]);
  });

  test('labels stay few, whatever keys and texts there are', async () => {
    for (let i = 0; i < 40; i += 1) {
      const key = `member-${i}`;
      await router.withKey(key, () => router.pool.promise().query(`SELECT ${i} AS c${i}`));
      await router.transaction({ key }, (tx) => tx.query(`SELECT ${i}`));
    }
    const text = await register.metrics();
    expect(text).not.toContain('member');
    const labels = new Map<string, Set<string>>();
    for (const [, name, value] of text.matchAll(/(\w+)="([^"]*)"/g)) {
      if (name !== 'le') labels.set(name!, (labels.get(name!) ?? new Set()).add(value!));
    }
    const found = Object.fromEntries([...labels].map(([name, values]) => [name, [...values].toSorted()]));
    expect(found).toEqual({
      shard: ['0', '1'],
      role: ['writer'],
      // The router writes too: its beats, every second.
      kind: found['kind']!.includes('write')
        ? ['begin', 'commit', 'read', 'write']
        : ['begin', 'commit', 'read'],
      outcome: ['committed'],
    });
  });
});

describe('with OpenTelemetry', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('test');
  let router: ShardRouter;

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    router = await cluster.router({
      poolSize: 1, // So that callers wait for each other's connection.
      mapPollMs: 3_600_000,
      observer: openTelemetryObserver(tracer),
    });
  });

  beforeEach(() => exporter.reset());

  afterAll(async () => {
    context.disable();
    trace.disable();
    await provider.shutdown();
  });

  /** The names of the spans of `fn`, each after the names of the spans that it is a part of; in alphabetical order. */
  async function spansOf(name: string, fn: () => Promise<unknown>): Promise<string[]> {
    const { traceId } = await tracer.startActiveSpan(name, async (span) => {
      try {
        await fn();
        return span.spanContext();
      } finally {
        span.end();
      }
    });
    const spans = exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
    const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
    return spans
      .map((span) => {
        let path = span.name;
        for (let at = byId.get(span.parentSpanContext?.spanId ?? ''); at !== undefined;) {
          path = `${at.name} > ${path}`;
          at = byId.get(at.parentSpanContext?.spanId ?? '');
        }
        return path;
      })
      .toSorted();
  }

  test('a transaction is a part of its caller, and its statements are parts of it', async () => {
    const number = router.drawNumber(1);
    const spans = await spansOf('place', () =>
      router.transaction({ number }, async (tx) => {
        await tx.execute(INSERT, [number, tx.bucket, 'x']);
        await router.pool.promise().query('SELECT 1');
      }),
    );
    expect(spans).toEqual([
      'place',
      'place > shard transaction',
      ...['begin', 'commit', 'read', 'write'].map((kind) => `place > shard transaction > mysql ${kind}`),
    ]);
  });

  test('so it is with one that is begun on the pool', async () => {
    const number = router.drawNumber(1);
    const spans = await spansOf('edit', () =>
      router.withKey(number, async () => {
        const connection = await router.pool.promise().getConnection();
        await connection.query('SELECT 1');
        await connection.beginTransaction();
        await connection.query('SELECT 2');
        await connection.rollback();
        await connection.query('SELECT 3');
        connection.release();
      }),
    );
    expect(spans).toEqual([
      'edit',
      'edit > mysql read',
      'edit > mysql read',
      'edit > shard transaction',
      ...['begin', 'read', 'rollback'].map((kind) => `edit > shard transaction > mysql ${kind}`),
    ]);
  });

  test('a statement that waited for another caller`s connection is its own caller`s', async () => {
    const number = router.drawNumber(1);
    const traces = await Promise.all(
      ['one', 'two', 'three'].map((name) =>
        spansOf(name, () => router.withKey(number, () => router.pool.promise().query('SELECT SLEEP(0.02)'))),
      ),
    );
    expect(traces).toEqual(['one', 'two', 'three'].map((name) => [name, `${name} > mysql read`]));
  });

  test('a refusal of the fence is an event of the transaction, and its error shows by code', async () => {
    const number = router.drawNumber(0);
    const bucket = bucketOf(number, router.bucketCount);
    await setFence(router, 0, bucket, 'frozen');
    await spansOf('place', () => router.transaction({ number }, () => undefined).catch(() => undefined));
    await setFence(router, 0, bucket, 'owned');
    const transaction = exporter.getFinishedSpans().find(({ name }) => name === 'shard transaction')!;
    expect(transaction.attributes).toMatchObject({
      'ordershard.shard': 0,
      'ordershard.outcome': 'rolled back',
      'error.type': 'ROUTER_FENCE',
    });
    const rejected = transaction.events.filter(({ name }) => name === 'fence rejected');
    expect(rejected).toHaveLength(transaction.attributes['ordershard.attempts'] as number);
  });
});

describe('comments', () => {
  const requests = new AsyncLocalStorage<string>();
  const SHOW = 'SELECT info FROM information_schema.processlist WHERE id = CONNECTION_ID()';
  let router: ShardRouter;

  beforeAll(async () => {
    router = await cluster.router({ sqlComments: () => ({ request: requests.getStore() }) });
  });

  /** The text of the statement itself, as the server has it. */
  async function shown(send: () => Promise<unknown>): Promise<string> {
    const rows = (await send()) as RowDataPacket[] | [RowDataPacket[]];
    const [first] = rows;
    return (Array.isArray(first) ? first[0]! : first!)['info'] as string;
  }

  test('reach the server with shard and request, whichever way a statement goes', async () => {
    const number = router.drawNumber(1);
    const pool = router.pool.promise();
    await requests.run("r-7 */ ; DROP TABLE notes -- ' ?", async () => {
      const commented = `${SHOW} /* shard=1 request=r-7%20%2A%2F%20%3B%20DROP%20TABLE%20notes%20--%20%27%20%3F */`;
      expect(await shown(() => router.withKey(number, () => pool.query(SHOW)))).toBe(commented);
      expect(await shown(() => router.withKey(number, () => pool.query({ sql: `${SHOW};` })))).toBe(
        commented,
      );
      expect(await shown(() => router.transaction({ number }, (tx) => tx.query(SHOW)))).toBe(commented);
      expect(await shown(() => router.read(number, (session) => session.query(SHOW)))).toBe(commented);
      expect(await shown(() => router.onShard(1, (session) => session.query(SHOW)))).toBe(commented);
      const connection = await router.withKey(number, async () => {
        const own = await pool.getConnection();
        expect(await shown(() => own.query(SHOW))).toBe(commented);
        return own;
      });
      connection.release();
    });
  });

  test('leave prepared statements as they are', async () => {
    const number = router.drawNumber(1);
    await requests.run('r-8', async () => {
      await router.withKey(number, async () => {
        expect(await shown(() => router.pool.promise().execute(SHOW))).toBe(SHOW);
        const connection = await router.pool.promise().getConnection();
        expect(await shown(() => connection.execute(SHOW))).toBe(SHOW);
        connection.release();
      });
    });
  });

  test('have no tag that is not there', async () => {
    const number = router.drawNumber(0);
    expect(await shown(() => router.withKey(number, () => router.pool.promise().query(SHOW)))).toBe(
      `${SHOW} /* shard=0 */`,
    );
  });
});

test('an observer that always throws fails no statement', async () => {
  const fail = () => {
    throw new Error('observer');
  };
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const router = await cluster.router({
    observer: {
      connectionAcquired: fail,
      statement: fail,
      transaction: () => ({ end: fail, within: fail }),
      fenceRejected: fail,
      mapReloaded: fail,
      numbersDrawn: fail,
    },
    sqlComments: fail,
  });
  const number = router.drawNumber();
  await router.transaction({ number, fresh: true }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'here']));
  const [rows] = await router.withKey(number, () =>
    router.pool.promise().query('SELECT body FROM notes WHERE number = ?', [number]),
  );
  expect(rows).toEqual([{ body: 'here' }]);
  const codes = warned.mock.calls.map(([, options]) => (options as { code?: string }).code);
  warned.mockRestore();
  expect(codes.filter((code) => code === 'ORDERSHARD_OBSERVER')).toHaveLength(6);
});
