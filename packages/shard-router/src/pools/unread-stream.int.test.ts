import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Readable } from 'node:stream';
import type { ShardRouter } from '../router.ts';
import { bodies, INSERT, openFacade, taken, type Facade } from './facade.fixture.ts';

jest.setTimeout(30_000);

let facade: Facade;
let router: ShardRouter;
let single: ShardRouter;

beforeAll(async () => {
  facade = await openFacade('unread_stream');
  ({ router, single } = facade);
});

afterAll(() => facade.cluster.end());

const rowsUpTo = (count: number) =>
  `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i, REPEAT('x', 100) FROM n`;

/** Resolves when a stream is closed, and an error that nobody listens for would have been thrown. */
async function closed(stream: Readable): Promise<void> {
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

describe.each([5, 900])('a stream of %i rows that nobody reads or listens to', (count) => {
  test('ends no process and no transaction when the function of router.transaction is done', async () => {
    const number = single.drawNumber(0);
    let stream: Readable | undefined;
    await single.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'kept']);
      stream = single.pool.query(rowsUpTo(count)).stream();
    });
    await closed(stream!);
    expect(await bodies(router, number)).toEqual([['kept'], []]);
  });

  test.each([
    ['the pool', () => Promise.resolve(single.pool)],
    ['a connection', () => taken(single)],
  ] as const)(
    'of %s ends no process when its scope is over, and the next has a connection',
    async (_, on) => {
      const number = single.drawNumber(0);
      let stream: Readable | undefined;
      await single.withKey(number, async () => {
        stream = (await on()).query(rowsUpTo(count)).stream();
      });
      await closed(stream!);
      await single.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'next']));
      expect(await bodies(router, number)).toEqual([['next'], []]);
    },
  );

  test('tells a reader that comes when it is too late', async () => {
    const stream = await single.withKey(single.drawNumber(0), () =>
      single.pool.query(rowsUpTo(count)).stream().pause(),
    );
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'ROUTER_SCOPE_CLOSED' });
  });

  test('does not tell who takes its rows that it has ended', async () => {
    let ended = false;
    const stream = await single.withKey(single.drawNumber(0), () => {
      const rows = single.pool.query(rowsUpTo(count)).stream();
      rows.on('end', () => {
        ended = true;
      });
      return rows;
    });
    await closed(stream);
    expect(ended).toBe(false);
  });
});

test('a stream that fails and that nobody listens to dooms its transaction', async () => {
  const number = router.drawNumber(0);
  const failed = router.transaction({ number }, async (tx) => {
    await tx.execute(INSERT, [number, tx.bucket, 'half']);
    router.pool.query(INSERT, [number, tx.bucket, 'twice']).stream();
  });
  await expect(failed).rejects.toMatchObject({ code: 'ROUTER_ROLLBACK_ONLY' });
  expect(await bodies(router, number)).toEqual([[], []]);
});
