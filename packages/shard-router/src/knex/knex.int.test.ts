import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Knex } from 'knex';
import { describeBuilder, type Note, type NoteTransaction } from '../query-builders/builder.contract.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';
import { knexOver } from './index.ts';

function queries(db: Knex) {
  return {
    insert: async (note: Note) => db('notes').insert({ ...note, number: note.number.toString() }),
    find: async (number: bigint) => {
      const row: { body: string } | undefined = await db('notes')
        .where({ number: number.toString() })
        .first('body');
      return row?.body;
    },
  };
}

function inTransaction(trx: Knex.Transaction): NoteTransaction {
  return { ...queries(trx), nested: async (fn) => trx.transaction(async (inner) => fn(queries(inner))) };
}

describeBuilder('knex', (router) => {
  const db = knexOver(router, { log: { warn: () => undefined } });
  return {
    ...queries(db),
    transaction: async (fn) => db.transaction(async (trx) => fn(inTransaction(trx))),
    stream: async function* stream() {
      for await (const row of db('notes').select('body').stream()) yield (row as { body: string }).body;
    },
    end: () => db.destroy(),
  };
});

let cluster: TestCluster;
let router: ShardRouter;
let db: Knex;

beforeAll(async () => {
  cluster = await testCluster('knex');
  router = await cluster.router();
  db = knexOver(router);
});

afterAll(() => cluster.end());

test('a query that a scope returns is run inside it', async () => {
  const rows = await router.withShard(1, () => db('shard_identity').select('shard_id'));
  expect(rows).toEqual([{ shard_id: 1 }]);
});

test('a read-only transaction takes no fence', async () => {
  const number = router.drawNumber(0);
  await router.withKey(number, () =>
    db.transaction(async (trx) => expect(await trx('shard_identity').pluck('shard_id')).toEqual([0]), {
      readOnly: true,
    }),
  );
});

test('knex never connects by itself, not even to cancel', async () => {
  await router.withShard(0, async () => {
    expect(() => db.raw('SELECT SLEEP(1)').timeout(10, { cancel: true })).toThrow(/cancelling not supported/);
    await db.transaction(async (trx) => {
      expect(() => trx.raw('SELECT SLEEP(1)').timeout(10, { cancel: true })).toThrow(
        /cancelling not supported/,
      );
    });
  });
});

test('destroying knex leaves the router open', async () => {
  await knexOver(router).destroy();
  expect(await router.withShard(0, () => db('shard_identity').pluck('shard_id'))).toEqual([0]);
});
