import { describe, expect, test } from '@jest/globals';
import { grantProblems, settingsProblems } from './preflight.ts';

const good = { version: '9.7.4', logBin: true, format: 'ROW', rowImage: 'FULL' };

test.each([
  [{}, []],
  [{ version: '10.11.19-MariaDB-log' }, [expect.stringContaining('MariaDB')]],
  [{ logBin: false }, [expect.stringContaining('log_bin')]],
  [
    { format: 'STATEMENT', rowImage: 'MINIMAL' },
    [expect.stringContaining('binlog_format is STATEMENT'), expect.stringContaining('binlog_row_image')],
  ],
])('a server with %j', (change, problems) => {
  expect(settingsProblems({ ...good, ...change })).toEqual(problems);
});

describe('grants', () => {
  const global = 'GRANT PROCESS, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`';

  test.each([
    [[global, 'GRANT ALL PRIVILEGES ON `orders`.* TO `u`@`%`']],
    [[global, 'GRANT ALL PRIVILEGES ON `ord%`.* TO `u`@`%`']],
    [[global, 'GRANT SELECT, INSERT ON `orders`.* TO `u`@`%`']],
    [['GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION']],
    [
      [
        'GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`',
        'GRANT SELECT, LOCK TABLES ON `orders`.* TO `u`@`%`',
      ],
    ],
  ])('%j suffice', (grants) => {
    expect(grantProblems(grants, 'orders')).toEqual([]);
  });

  test('what is missing is named', () => {
    expect(grantProblems(['GRANT USAGE ON *.* TO `u`@`%`'], 'orders')).toEqual([
      'the user lacks REPLICATION SLAVE',
      'the user lacks REPLICATION CLIENT',
      'the user lacks SELECT on orders',
      'the user lacks RELOAD, or LOCK TABLES on orders',
    ]);
  });

  test('those on another database do not count, and an escaped wildcard is none', () => {
    const missing = ['the user lacks SELECT on my_orders'];
    expect(grantProblems([global, 'GRANT SELECT ON `other`.* TO `u`@`%`'], 'my_orders')).toEqual(missing);
    expect(grantProblems([global, 'GRANT SELECT ON `my\\_orders`.* TO `u`@`%`'], 'my_orders')).toEqual([]);
    expect(grantProblems([global, 'GRANT SELECT ON `my\\_orders`.* TO `u`@`%`'], 'myxorders')).toHaveLength(
      1,
    );
  });
});
