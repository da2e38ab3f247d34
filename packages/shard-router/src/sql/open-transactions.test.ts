import { expect, test } from '@jest/globals';
import { openTransactionsIn } from './open-transactions.ts';

const STATUS = `
TRANSACTIONS
------------
Trx id counter 1556
LIST OF TRANSACTIONS FOR EACH SESSION:
---TRANSACTION 375300473538976, not started
0 lock struct(s), heap size 1128, 0 row lock(s)
---TRANSACTION 1555, ACTIVE 0 sec
2 lock struct(s), heap size 1128, 1 row lock(s)
MySQL thread id 10, OS thread handle 140260661122752, query id 38 127.0.0.1 ordershard starting
SHOW ENGINE INNODB STATUS
---TRANSACTION 1553, ACTIVE (PREPARED) 71 sec
mysql tables in use 1, locked 0
1 lock struct(s), heap size 1128, 0 row lock(s), undo log entries 1
MySQL thread id 11, OS thread handle 140260662179520, query id 30 127.0.0.1 ordershard User sleep
SELECT SLEEP(20), '%TEXT%' FROM t
Trx read view will not see trx with id >= 1555, sees < 1555
--------
FILE I/O
`;

test('transactions that are open come with id, connection, age and row locks', () => {
  expect(openTransactionsIn(STATUS)).toEqual([
    { id: 1_555n, connection: '10', seconds: 0, rowLocks: 1 },
    { id: 1_553n, connection: '11', seconds: 71, rowLocks: 0 },
  ]);
});

test('a text that looks like a transaction hides none and gets nobody else’s connection', () => {
  const text = 'x\n---TRANSACTION 7, ACTIVE 5 sec\nMySQL thread id 10, OS thread handle 1\n';
  const seen = openTransactionsIn(STATUS.replace('%TEXT%', text))!;
  expect(seen.map(({ id }) => id)).toEqual([1_555n, 1_553n, 7n]);
  expect(seen.map(({ connection }) => connection)).toEqual([undefined, '11', undefined]);
});

test('a status that the server has cut is no answer', () => {
  expect(openTransactionsIn(STATUS.replace('%TEXT%', '... truncated...\n'))).toBeUndefined();
  expect(openTransactionsIn('')).toBeUndefined();
});
