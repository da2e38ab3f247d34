import { expect, test } from '@jest/globals';
import { ForgottenWatch } from './forgotten-ids.ts';

const TABLE = 'outbox_orders_0';

/** A table of which 100 ids were published, while the shard was at its first incarnation. */
function watch(): ForgottenWatch {
  const forgotten = new ForgottenWatch();
  forgotten.judge(1);
  forgotten.publishedTo(TABLE, 100n);
  forgotten.publishedTo(TABLE, 90n);
  return forgotten;
}

test('a database that knows of all that was published has forgotten nothing, though its rows may be gone', () => {
  const forgotten = watch();
  forgotten.seen(TABLE, 100n);
  expect([forgotten.judge(1), forgotten.tables, forgotten.pending]).toEqual([[], [], false]);
});

test('one that knows of less has; it is told once, and stays told', () => {
  const forgotten = watch();
  forgotten.seen(TABLE, 97n);
  const ids = { table: TABLE, published: 100n, known: 97n };
  expect(forgotten.judge(1)).toEqual([ids]);
  forgotten.publishedTo(TABLE, 98n);
  forgotten.seen(TABLE, 98n);
  expect([forgotten.judge(1), forgotten.tables]).toEqual([[], [ids]]);
});

test('a shard that was recovered has nothing to be told of, neither before nor after it was found', () => {
  const told = watch();
  told.seen(TABLE, 97n);
  told.judge(1);
  expect([told.judge(2), told.tables]).toEqual([[], []]);
  const doubted = watch();
  doubted.seen(TABLE, 97n);
  expect([doubted.judge(2), doubted.tables]).toEqual([[], []]);
  // Its ids begin above all that it has given; until the first of them it knows of less.
  doubted.seen(TABLE, 97n);
  expect(doubted.judge(2)).toEqual([]);
});
