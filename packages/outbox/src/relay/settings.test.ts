import { expect, test } from '@jest/globals';
import { SettingsError } from '@ordershard/process';
import { relaySettings } from './settings.ts';

const env = { ORDERSHARD_MYSQL_URLS: 'mysql://a/x,mysql://b/x', ORDERSHARD_KAFKA_BROKERS: 'k:1' };

test('what is not set has its default', () => {
  expect(relaySettings(env)).toEqual({
    cluster: 'ordershard',
    shards: {
      shards: [
        { id: 0, writer: 'mysql://a/x' },
        { id: 1, writer: 'mysql://b/x' },
      ],
    },
    brokers: ['k:1'],
    topicPrefix: '',
    partitions: 6,
    replication: 1,
    internalEvents: false,
    healthHost: '127.0.0.1',
    healthPort: 0,
    instanceId: undefined,
  });
});

test.each([
  ['ORDERSHARD_TOPIC_PARTITIONS', '0'],
  ['ORDERSHARD_TOPIC_PARTITIONS', 'six'],
  ['ORDERSHARD_TOPIC_REPLICATION', '1.5'],
  ['ORDERSHARD_TOPIC_PREFIX', 'a b'],
  ['ORDERSHARD_INSTANCE_ID', 'a b'],
  ['ORDERSHARD_HEALTH_PORT', '70000'],
  ['ORDERSHARD_INTERNAL_EVENTS', 'yes'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => relaySettings({ ...env, [name]: value })).toThrow(SettingsError);
  expect(() => relaySettings({ ...env, [name]: value })).toThrow(name);
});
