import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { TransactionControlError } from '../errors.ts';
import type { ShardRouter } from '../router.ts';
import { sql } from '../write/statement.ts';
import { bodies, INSERT, openFacade, type Facade } from './facade.fixture.ts';

jest.setTimeout(30_000);

let facade: Facade;
let router: ShardRouter;

beforeAll(async () => {
  facade = await openFacade('facade_parts');
  ({ router } = facade);
});

afterAll(() => facade.cluster.end());

describe('parts of a transaction', () => {
  /** A part that fails when another has written meanwhile. */
  async function failingPart(number: bigint, written: Promise<unknown>): Promise<void> {
    const connection = await router.pool.promise().getConnection();
    try {
      await connection.beginTransaction();
      await connection.query(INSERT, [number, router.bucketOf(number), 'optional']);
      begun.resolve();
      await written;
      await connection.rollback();
    } finally {
      connection.release();
    }
  }
  let begun = Promise.withResolvers<void>();

  type Write = (number: bigint, execute: (text: string) => Promise<unknown>) => Promise<unknown>;
  const AUDIT = (number: bigint) =>
    `INSERT INTO notes (number, bucket, body) VALUES (${number + 1n}, ${router.bucketOf(number)}, 'main')`;
  test.each<[string, Write]>([
    ['its handle', (number, execute) => execute(AUDIT(number))],
    ['the pool', (number) => router.pool.promise().query(AUDIT(number))],
    [
      'another connection',
      async (number) => {
        const connection = await router.pool.promise().getConnection();
        await connection.query(AUDIT(number));
        connection.release();
      },
    ],
    [
      'a unit of work',
      (number) =>
        router.write({ number }, ({ bucket }) => ({
          statements: [
            sql`INSERT INTO notes (number, bucket, body) VALUES (${number + 1n}, ${bucket}, ${'main'})`,
          ],
        })),
    ],
  ])('one that fails while the transaction writes by %s takes the whole with it', async (_, write) => {
    const number = router.drawNumber(0);
    begun = Promise.withResolvers();
    const whole = router.transaction({ number }, async (tx) => {
      const written = begun.promise.then(() => write(number, (text) => tx.execute(text)));
      await Promise.all([failingPart(number, written), written]);
    });
    const result = await whole.then(
      () => 'committed',
      (error: { code: string }) => error.code,
    );
    if (result === 'committed') expect(await bodies(router, number + 1n)).toEqual([['main'], []]);
    else expect(await bodies(router, number + 1n)).toEqual([[], []]);
    expect(await bodies(router, number)).toEqual([[], []]);
  });

  test('two connections may use one name of a savepoint at once', async () => {
    const number = router.drawNumber(0);
    await router.transaction({ number }, async (tx) => {
      const [first, second] = await Promise.all([0, 1].map(() => router.pool.promise().getConnection()));
      await first!.query('SAVEPOINT sp1');
      await second!.query('SAVEPOINT sp1');
      await second!.query(INSERT, [number, tx.bucket, 'kept']);
      await second!.query('RELEASE SAVEPOINT sp1');
      await expect(first!.query('ROLLBACK TO sp2')).rejects.toThrow(TransactionControlError);
      await first!.query('RELEASE SAVEPOINT sp1');
      first!.release();
      second!.release();
    });
    expect(await bodies(router, number)).toEqual([['kept'], []]);
  });
});
