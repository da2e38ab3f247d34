import { expect, test } from '@jest/globals';
import { SettingsError } from '@ordershard/process';
import { readApiSettings, readShardSettings } from './settings.ts';

const env = {
  ORDERSHARD_MYSQL_URLS: 'mysql://a@h:1/x,mysql://a@h:2/x',
  ORDERSHARD_MONGODB_URL: 'mongodb://h:3/views?replicaSet=rs0',
  ORDERSHARD_JWKS_FILE: 'keys.json',
  ORDERSHARD_JWT_ISSUER: 'i',
  ORDERSHARD_JWT_AUDIENCE: 'a',
};

test('has defaults for all that a single machine needs no word about', () => {
  expect(readApiSettings(env)).toMatchObject({
    ORDERSHARD_CLUSTER: 'ordershard',
    ORDERSHARD_API_HOST: '127.0.0.1',
    ORDERSHARD_API_PORT: 0,
  });
  expect(readShardSettings(env)).toMatchObject({
    clusterId: 'ordershard',
    shards: [{ id: 0 }, { id: 1, writer: 'mysql://a@h:2/x' }],
  });
});

test('members of MongoDB that are read are said in one place', () => {
  expect(readApiSettings(env).ORDERSHARD_VIEW_MEMBERS).toBe('primary');
  expect(() => readApiSettings({ ...env, ORDERSHARD_VIEW_MEMBERS: 'nearest' })).toThrow(
    /ORDERSHARD_VIEW_MEMBERS/,
  );
  for (const said of ['readPreference=secondary', 'w=1&ReadConcernLevel=local'])
    expect(() => readApiSettings({ ...env, ORDERSHARD_MONGODB_URL: `mongodb://h:3/views?${said}` })).toThrow(
      /ORDERSHARD_MONGODB_URL: must not say readPreference/,
    );
});

test('names what is wrong', () => {
  expect(() => readApiSettings({ ...env, ORDERSHARD_MONGODB_URL: 'mongodb://h:3' })).toThrow(
    /names a database/,
  );
  expect(() => readShardSettings({})).toThrow(/ORDERSHARD_MYSQL_URLS: is not set/);
  expect(() => readShardSettings({ ...env, ORDERSHARD_MYSQL_READER_URLS: 'mysql://a@h:1/x' })).toThrow(
    SettingsError,
  );
});
