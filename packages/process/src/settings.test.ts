import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { SettingsError } from './errors.ts';
import { commaList, commonSettings, port, readGroups, readSettings } from './settings.ts';

const shape = { ...commonSettings, BROKERS: commaList, PORT: port.default(0) };

test('reads, converts and fills in defaults', () => {
  expect(readSettings(shape, { BROKERS: 'a:1, b:2', PORT: '81', OTHER: 'x' })).toEqual({
    ORDERSHARD_CLUSTER: 'ordershard',
    ORDERSHARD_LOG_LEVEL: 'info',
    BROKERS: ['a:1', 'b:2'],
    PORT: 81,
  });
});

test('an empty variable counts as not set', () => {
  expect(() => readSettings({ BROKERS: commaList }, { BROKERS: '' })).toThrow('BROKERS: is not set');
});

const wrong = () => readSettings({ ...shape, URL: z.string() }, { PORT: '70000', BROKERS: ',' });

test('names every setting that is wrong', () => {
  expect(wrong).toThrow(SettingsError);
  expect(wrong).toThrow(/BROKERS: .*PORT: .*URL: is not set/);
});

test('groups are read together, and say together what is wrong, errors that name a setting among it', () => {
  const named = (setting: string) => () => {
    throw Object.assign(new Error('is odd'), { setting });
  };
  expect(readGroups({ a: () => 1, b: () => readSettings({ PORT: port }, { PORT: '8' }) })).toEqual({
    a: 1,
    b: { PORT: 8 },
  });
  expect(() => readGroups({ a: named('SHARDS'), b: () => readSettings({ BROKERS: commaList }, {}) })).toThrow(
    'cannot start: SHARDS: is odd; BROKERS: is not set',
  );
  const fault = () => {
    throw new TypeError('a fault of the program');
  };
  expect(() => readGroups({ a: named('SHARDS'), b: fault })).toThrow(TypeError);
});
