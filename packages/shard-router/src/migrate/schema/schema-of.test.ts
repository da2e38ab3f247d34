import { expect, test } from '@jest/globals';
import { compareSchemas } from './check-drift.ts';
import { formatSchema, normalise, type Schema } from './schema-of.ts';

test('what may differ between equal shards is left out', () => {
  const shown = [
    'CREATE TABLE `t` (',
    '  `id` bigint NOT NULL AUTO_INCREMENT,',
    '  PRIMARY KEY (`id`)',
    ') ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT CHARSET=utf8mb4',
    '/*!50100 PARTITION BY RANGE (`number`)',
    '(PARTITION p_floor VALUES LESS THAN (0) ENGINE = InnoDB,',
    ' PARTITION p20250101 VALUES LESS THAN (5) ENGINE = InnoDB) */',
  ].join('\n');
  const [, , , ...end] = normalise(shown).split('\n');
  expect(normalise(shown)).toContain('NOT NULL AUTO_INCREMENT,');
  expect(end).toEqual([
    ') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4',
    '/*!50100 PARTITION BY RANGE (`number`) */',
  ]);
});

test.each([
  [
    ' PARTITION BY RANGE (`number`)\n(PARTITION `p` VALUES LESS THAN (0) ENGINE = InnoDB)',
    'PARTITION BY RANGE (`number`)',
  ],
  [
    "/*!50500 PARTITION BY RANGE  COLUMNS(`day`)\n(PARTITION p VALUES LESS THAN ('2025-01-01') ENGINE = InnoDB) */",
    '/*!50500 PARTITION BY RANGE  COLUMNS(`day`) */',
  ],
  ['CREATE DEFINER=`a`@`%` TRIGGER t', 'CREATE TRIGGER t'],
])('%j', (shown, text) => {
  expect(normalise(shown)).toBe(text);
});

const schema: Schema = [
  { kind: 'TABLE', name: 'a', sql: 'CREATE TABLE a (\n  x int\n)' },
  { kind: 'TRIGGER', name: 'a_guard', sql: 'CREATE TRIGGER a_guard BEGIN END' },
];

test('a schema is a text that the mysql client can run', () => {
  expect(formatSchema(schema)).toBe(
    'CREATE TABLE a (\n  x int\n);\n\nDELIMITER //\nCREATE TRIGGER a_guard BEGIN END//\nDELIMITER ;\n',
  );
});

test('drift tells what is missing, extra and different', () => {
  const actual: Schema = [
    { kind: 'TABLE', name: 'a', sql: 'CREATE TABLE a (\n  x bigint\n)' },
    { kind: 'TABLE', name: 'b', sql: 'CREATE TABLE b (x int)' },
  ];
  expect(compareSchemas(schema, actual)).toEqual([
    { object: 'TABLE a', kind: 'different', lines: ['-  x int', '+  x bigint'] },
    { object: 'TRIGGER a_guard', kind: 'missing', lines: ['-CREATE TRIGGER a_guard BEGIN END'] },
    { object: 'TABLE b', kind: 'extra', lines: ['+CREATE TABLE b (x int)'] },
  ]);
  expect(compareSchemas(schema, schema)).toEqual([]);
});
