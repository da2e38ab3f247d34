import { expect, test } from '@jest/globals';
import { SettingsError } from '@ordershard/process';
import { projectorSettings } from './settings.ts';

const env = {
  ORDERSHARD_KAFKA_BROKERS: 'k:1',
  ORDERSHARD_MONGODB_URL: 'mongodb://m:27017/db?replicaSet=rs0',
};

test('what is not set has its default', () => {
  expect(projectorSettings(env)).toEqual({
    brokers: ['k:1'],
    mongoUrl: 'mongodb://m:27017/db?replicaSet=rs0',
    topicPrefix: '',
    replication: 1,
    healthHost: '127.0.0.1',
    healthPort: 0,
    instanceId: undefined,
    retryDelaysMs: [5_000, 60_000, 600_000],
    release: 'order_views@1,shop_days@1',
    projections: ['order_views'],
    input: 'snapshots',
    shards: undefined,
    clusterId: 'ordershard',
    memoryMb: 48,
    lifetimeDays: undefined,
  });
});

test('several hosts and SRV names are URLs too', () => {
  for (const url of ['mongodb://a:1,b:2/db?replicaSet=rs0', 'mongodb+srv://user:pw@cluster.example/db']) {
    expect(projectorSettings({ ...env, ORDERSHARD_MONGODB_URL: url }).mongoUrl).toBe(url);
  }
});

test.each([
  ['ORDERSHARD_MONGODB_URL', 'mysql://x'],
  ['ORDERSHARD_TOPIC_PREFIX', 'a b'],
  ['ORDERSHARD_INSTANCE_ID', 'a b'],
  ['ORDERSHARD_RETRY_DELAYS', '5,1'],
  ['ORDERSHARD_RETRY_DELAYS', '1,2,3,4'],
  ['ORDERSHARD_RETRY_DELAYS', 'soon'],
  ['ORDERSHARD_RELEASE', 'a b'],
  ['ORDERSHARD_PROJECTIONS', 'order_views,other'],
  ['ORDERSHARD_PROJECTOR_INPUT', 'rows'],
  ['ORDERSHARD_PROJECTOR_MEMORY_MB', '1'],
  ['ORDERSHARD_VIEW_LIFETIME_DAYS', '0.5'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => projectorSettings({ ...env, [name]: value })).toThrow(SettingsError);
  expect(() => projectorSettings({ ...env, [name]: value })).toThrow(name);
});

test('the shards are needed where orders are read from them', () => {
  const hydrating = { ...env, ORDERSHARD_PROJECTOR_INPUT: 'events' };
  expect(() => projectorSettings(hydrating)).toThrow('ORDERSHARD_MYSQL_URLS');
  const urls = { ORDERSHARD_MYSQL_URLS: 'mysql://u:p@s:3306/db' };
  expect(projectorSettings({ ...hydrating, ...urls }).shards).toBeDefined();
});
