import { expect, test } from '@jest/globals';
import { SettingsError } from '@ordershard/process';
import { connectSettings } from './settings.ts';

const env = {
  ORDERSHARD_MYSQL_URLS: 'mysql://u@a/x,mysql://u@b/x',
  ORDERSHARD_KAFKA_BROKERS: 'k:1',
  ORDERSHARD_CONNECT_URL: 'http://c:8083/',
};

test('the workers get what the relay has, unless told otherwise', () => {
  expect(connectSettings(env)).toMatchObject({
    connectUrl: 'http://c:8083',
    workerMysqlUrls: ['mysql://u@a/x', 'mysql://u@b/x'],
    workerBrokers: ['k:1'],
  });
  expect(connectSettings({ ...env, ORDERSHARD_CONNECT_KAFKA_BROKERS: 'in:9' }).workerBrokers).toEqual([
    'in:9',
  ]);
});

test.each([
  [{ ORDERSHARD_CONNECT_URL: undefined }],
  [{ ORDERSHARD_CONNECT_URL: 'c:8083' }],
  [{ ORDERSHARD_CONNECT_MYSQL_URLS: 'mysql://u@a/x' }],
])('%j is refused', (change) => {
  expect(() => connectSettings({ ...env, ...change })).toThrow(SettingsError);
});
