import { describe, expect, test } from '@jest/globals';
import { initialiseSql, mysqldOptions } from './settings.ts';

describe.each(['9', '8.0', 'mariadb'] as const)('mysqld options of MySQL %s', (flavour) => {
  test('commit durably and write a row-based log', () => {
    expect(mysqldOptions(flavour, 'shard', 1)).toEqual(
      expect.arrayContaining([
        '--innodb-flush-log-at-trx-commit=1',
        '--sync-binlog=1',
        '--binlog-format=ROW',
      ]),
    );
  });

  test('name no option twice', () => {
    const names = mysqldOptions(flavour, 'replica', 1).map((option) => option.split('=')[0]);
    expect(new Set(names).size).toBe(names.length);
  });

  test('make replicas read-only, and only them', () => {
    const readOnly = flavour === 'mariadb' ? '--read-only' : '--super-read-only';
    expect(mysqldOptions(flavour, 'replica', 1)).toContain(readOnly);
    expect(mysqldOptions(flavour, 'shard', 1)).not.toContain(readOnly);
  });
});

test('an init file has one statement a line', () => {
  for (const line of initialiseSql().trimEnd().split('\n')) expect(line).toMatch(/^[A-Z].*;$/);
});
