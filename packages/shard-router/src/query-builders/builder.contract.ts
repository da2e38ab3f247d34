import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { NoShardError, RouterError } from '../errors.ts';
import type { ShardRouter } from '../router.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import { withShardSessions } from '../pools/with-shard-sessions.ts';
import { routerErrorOf } from '../pools/router-error-of.ts';

export interface Note {
  readonly number: bigint;
  readonly bucket: number;
  readonly body: string;
}

/** What the suite asks of a query builder, with whatever it gives a query to. */
export interface NoteQueries {
  insert(note: Note): Promise<unknown>;
  /** The body of a note. */
  find(number: bigint): Promise<string | undefined>;
}

export interface NoteTransaction extends NoteQueries {
  /** A transaction inside; undefined where the builder has none. */
  readonly nested: (<T>(fn: (tx: NoteQueries) => Promise<T>) => Promise<T>) | undefined;
}

/** A query builder over the routing pool. */
export interface NoteBuilder extends NoteQueries {
  transaction<T>(fn: (tx: NoteTransaction) => Promise<T>): Promise<T>;
  /** Whether an error is the builder's own for a row that is there already; undefined where it has none. */
  readonly isDuplicate?: (error: unknown) => boolean;
  /** The bodies of all notes, as a stream; undefined where the builder has none. */
  readonly stream: (() => AsyncIterable<string>) | undefined;
  end(): Promise<void>;
}

const shardOfConnection = 'SELECT shard_id FROM shard_identity';

// A connection that is not given back is waited for before the test fails.
jest.setTimeout(30_000);

/** What holds for every query builder that runs on the routing pool. */
export function describeBuilder(
  name: string,
  make: (router: ShardRouter) => NoteBuilder | Promise<NoteBuilder>,
): void {
  describe(name, () => {
    let cluster: TestCluster;
    let router: ShardRouter;
    let notes: NoteBuilder;

    beforeAll(async () => {
      cluster = await testCluster('builder');
      // Two connections, so that one that is not given back is soon missed.
      router = await cluster.router({ poolSize: 2, limits: { queueTimeoutMs: 10_000 } });
      notes = await make(router);
    });

    afterAll(async () => {
      await notes?.end();
      await cluster.end();
    });

    const note = (number: bigint, body: string): Note => ({ number, bucket: router.bucketOf(number), body });

    /** The bodies of a number's rows by shard. */
    const stored = (number: bigint) =>
      withShardSessions(cluster.shards, async (session) =>
        (await session.query<{ body: string }>('SELECT body FROM notes WHERE number = ?', [number])).map(
          ({ body }) => body,
        ),
      );

    async function place(shard: number, body: string): Promise<bigint> {
      const number = router.drawNumber(shard);
      await router.withKey(number, () => notes.transaction((tx) => tx.insert(note(number, body))));
      return number;
    }

    test('goes nowhere without a scope', async () => {
      await expect(notes.find(1n)).rejects.toThrow(expect.objectContaining({ message: expect.anything() }));
      const failure: unknown = await notes.find(1n).catch((error: unknown) => error);
      // Some wrap what the driver says.
      expect([
        failure,
        (failure as Error).cause,
        (failure as { original?: unknown }).original,
      ]).toContainEqual(expect.any(NoShardError));
    });

    test('writes in the transaction of a key scope, on the shard of the key alone', async () => {
      for (const shard of [0, 1]) {
        const number = await place(shard, 'here');
        const rows = await stored(number);
        expect(rows[shard]).toEqual(['here']);
        expect(rows[1 - shard]).toEqual([]);
        expect(await router.withKey(number, () => notes.find(number))).toBe('here');
      }
    });

    test('leaves nothing of a transaction that throws', async () => {
      const number = router.drawNumber();
      const failing = router.withKey(number, () =>
        notes.transaction(async (tx) => {
          await tx.insert(note(number, 'gone'));
          throw new Error('no');
        }),
      );
      await expect(failing).rejects.toThrow('no');
      expect(await stored(number)).toEqual([[], []]);
    });

    test('tells of a row that is there already by the router`s error, with the number of the server`s', async () => {
      const number = await place(0, 'first');
      const again = router.withKey(number, () =>
        notes.transaction((tx) => tx.insert(note(number, 'second'))),
      );
      const error: unknown = await again.catch((thrown: unknown) => thrown);
      expect(routerErrorOf(error)).toMatchObject({ code: 'ROUTER_DUPLICATE_ROW', errno: 1062 });
      expect(notes.isDuplicate?.(error) ?? true).toBe(true);
    });

    test('cannot write outside a transaction, nor in one without a key', async () => {
      const number = router.drawNumber();
      const refused = expect.stringMatching(/read.only/i);
      const outside = router.withKey(number, () => notes.insert(note(number, 'x')));
      expect(messagesOf(await outside.catch((error: unknown) => error))).toContainEqual(refused);
      const keyless = router.withShard(router.shardOf(number), () =>
        notes.transaction((tx) => tx.insert(note(number, 'x'))),
      );
      expect(messagesOf(await keyless.catch((error: unknown) => error))).toContainEqual(refused);
      expect(await stored(number)).toEqual([[], []]);
    });

    test('cannot write the row of another key', async () => {
      const number = router.drawNumber();
      const other = { ...note(number, 'x'), bucket: (router.bucketOf(number) + 1) % router.bucketCount };
      const wrong = router.withKey(number, () => notes.transaction((tx) => tx.insert(other)));
      expect(messagesOf(await wrong.catch((error: unknown) => error))).toContainEqual(
        expect.stringMatching(/bucket is not one that this scope opened/),
      );
      expect(await stored(number)).toEqual([[], []]);
    });

    test('follows a fence that has moved, and writes there', async () => {
      const number = router.drawNumber(0);
      const bucket = router.bucketOf(number);
      const giveTo = (owner: number) =>
        withShardSessions(cluster.shards, (session) =>
          session.execute(
            `UPDATE bucket_fences SET state = ?, next_owner = ?, generation = generation + 1 WHERE bucket = ?`,
            session.shard === owner ? ['owned', null, bucket] : ['moved', owner, bucket],
          ),
        );
      await giveTo(1);
      await router.withKey(number, () => notes.transaction((tx) => tx.insert(note(number, 'moved'))));
      expect(await stored(number)).toEqual([[], ['moved']]);
      // Back to where the map says, and the router goes back too: others draw numbers of the bucket.
      await giveTo(0);
      await router.withKey(number, () => notes.transaction((tx) => tx.insert(note(number, 'back'))));
      expect(await stored(number)).toEqual([['back'], ['moved']]);
    });

    test('joins a transaction of the router, and its own becomes a part of that', async () => {
      const number = router.drawNumber();
      await router.transaction({ number }, async (tx) => {
        await tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [
          number,
          tx.bucket,
          'a',
        ]);
        expect(await notes.find(number)).toBe('a');
        const taken = notes.transaction(async (inner) => {
          await inner.insert(note(number, 'duplicate'));
        });
        await expect(taken).rejects.toThrow();
        await notes.transaction((inner) => inner.find(number));
      });
      expect((await stored(number)).flat()).toEqual(['a']);
    });

    test('takes back a nested transaction alone', async () => {
      const number = router.drawNumber();
      await router.withKey(number, () =>
        notes.transaction(async (tx) => {
          const { nested } = tx;
          if (nested !== undefined) {
            const failing = nested(async (inner) => {
              await inner.insert(note(number, 'inner'));
              throw new Error('taken back');
            });
            await expect(failing).rejects.toThrow('taken back');
            await nested((inner) => inner.find(number));
          }
          await tx.insert(note(number, 'outer'));
        }),
      );
      expect((await stored(number)).flat()).toEqual(['outer']);
    });

    test('never says that a part stays and then loses it with another that runs at once', async () => {
      const number = router.drawNumber();
      const begun = Promise.withResolvers<void>();
      const whole: unknown = await router
        .transaction({ number }, async (tx) => {
          await tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [
            number,
            tx.bucket,
            'a',
          ]);
          const update = 'UPDATE notes SET body = CONCAT(body, ?) WHERE number = ?';
          const failing = notes.transaction(async () => {
            await tx.execute(update, ['-failed', number]);
            await Promise.race([begun.promise, new Promise((resolve) => setTimeout(resolve, 200))]);
            throw new Error('taken back');
          });
          const staying = notes.transaction(async () => {
            begun.resolve();
            await tx.execute(update, ['-stays', number]);
          });
          await expect(failing).rejects.toThrow('taken back');
          await staying;
        })
        .catch((error: unknown) => error);
      // Either the parts run one after the other, or nothing of the whole is there.
      const rows = (await stored(number)).flat();
      if (whole === undefined) expect(rows).toEqual(['a-stays']);
      else expect([routerErrorOf(whole), rows]).toEqual([expect.any(RouterError), []]);
    });

    test('keeps many scopes at once apart', async () => {
      const placed = await Promise.all(
        Array.from({ length: 40 }, async (_, n) => ({ shard: n % 2, number: await place(n % 2, `n${n}`) })),
      );
      const found = await Promise.all(
        placed.map(({ number }) => router.withKey(number, () => notes.find(number))),
      );
      expect(found).toEqual(placed.map((_, n) => `n${n}`));
      for (const { shard, number } of placed) expect((await stored(number))[1 - shard]).toEqual([]);
    });

    test('streams from the shard of the scope, and gives its connection back, read to the end or not', async () => {
      const { stream } = notes;
      if (stream === undefined) return;
      const counted = await withShardSessions(cluster.shards, (session) =>
        session.query<{ count: string }>('SELECT COUNT(*) AS count FROM notes'),
      );
      for (const shard of [0, 1]) {
        for (let turn = 0; turn < 3; turn += 1) {
          const bodies = await router.withShard(shard, async () => {
            const read: string[] = [];
            for await (const body of stream()) read.push(body);
            return read;
          });
          expect(bodies).toHaveLength(Number(counted[shard]![0]!.count));
        }
      }
      for (let turn = 0; turn < 3; turn += 1) {
        await router.withShard(0, async () => {
          for await (const body of stream()) {
            expect(body).toEqual(expect.any(String));
            break;
          }
        });
      }
    });

    test('has given every connection back', async () => {
      for (const shard of [0, 1]) {
        await router.withShard(shard, async () => {
          const all = await Promise.all([
            router.pool.promise().getConnection(),
            router.pool.promise().getConnection(),
          ]);
          for (const connection of all) {
            const [rows] = await connection.query(shardOfConnection);
            expect(rows).toEqual([{ shard_id: shard }]);
            connection.release();
          }
        });
      }
    });
  });
}

/** The messages of an error and of what it was caused by. */
function messagesOf(error: unknown): string[] {
  const messages: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) messages.push(at.message);
  return messages;
}
