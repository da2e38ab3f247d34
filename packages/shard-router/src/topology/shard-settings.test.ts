import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { shardsFromEnv } from './shard-settings.ts';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ordershard-shards-'));
  file = join(folder, 'shards.json');
});

afterAll(() => rm(folder, { recursive: true }));

const write = (value: unknown) => writeFile(file, typeof value === 'string' ? value : JSON.stringify(value));
const env = () => ({ ORDERSHARD_SHARDS_FILE: file });
const shard = (id: number, more: object = {}) => ({ id, writer: `mysql://u@db-${id}/orders`, ...more });

test('lists of URLs: the place is the id', () => {
  const source = shardsFromEnv({
    ORDERSHARD_MYSQL_URLS: 'mysql://u@a/x, mysql://u@b/x',
    ORDERSHARD_MYSQL_READER_URLS: 'mysql://u@ra/x,mysql://u@rb/x',
  });
  expect(source).toEqual({
    shards: [
      { id: 0, writer: 'mysql://u@a/x', readers: ['mysql://u@ra/x'] },
      { id: 1, writer: 'mysql://u@b/x', readers: ['mysql://u@rb/x'] },
    ],
  });
});

test('a file names ids, readers, weight, capacity, TLS and where passwords are; it can be read again', async () => {
  await writeFile(join(folder, 'password'), 'first\n');
  await writeFile(join(folder, 'ca.pem'), 'CERTIFICATE');
  await write({
    defaults: { passwordFile: 'password', tls: { caFile: 'ca.pem', servername: 'db' } },
    shards: [
      shard(0, { readers: ['mysql://u@r/orders'], weight: 2 }),
      shard(7, { capacityBytes: 5e11, passwordEnv: 'SECRET' }),
    ],
  });
  const { shards, reloadShards } = shardsFromEnv({ ...env(), SECRET: 'other' });
  expect(
    shards.map(({ id, weight, capacityBytes, readers }) => [id, weight, capacityBytes, readers]),
  ).toEqual([
    [0, 2, undefined, ['mysql://u@r/orders']],
    [7, undefined, 5e11, []],
  ]);
  expect(shards[0]!.access!.tls).toEqual({ ca: 'CERTIFICATE', servername: 'db', rejectUnauthorized: true });
  const endpoint = { host: 'h', port: 1, user: 'u', database: 'd' };
  const passwordOf = async (at: number) =>
    (await shards[at]!.access!.credentials!(endpoint, shards[at]!.id)).password;
  expect(await passwordOf(0)).toBe('first');
  expect(await passwordOf(1)).toBe('other');
  await writeFile(join(folder, 'password'), 'rotated');
  expect(await passwordOf(0)).toBe('rotated');
  await write({ shards: [shard(0), shard(7), shard(8)] });
  expect(reloadShards!().map(({ id }) => id)).toEqual([0, 7, 8]);
});

describe('refuses, with the name of the setting', () => {
  test.each([
    [{}, 'ORDERSHARD_MYSQL_URLS', 'is not set'],
    [{ ORDERSHARD_MYSQL_URLS: ',' }, 'ORDERSHARD_MYSQL_URLS', 'is empty'],
    [{ ORDERSHARD_MYSQL_URLS: 'mysql://u:secret@a' }, 'ORDERSHARD_MYSQL_URLS', 'names no database'],
    [{ ORDERSHARD_MYSQL_URLS: 'mysql://u@a/x,mysql://u@a/x' }, 'ORDERSHARD_MYSQL_URLS', 'same writer'],
    [
      { ORDERSHARD_MYSQL_URLS: 'mysql://u@a/x', ORDERSHARD_MYSQL_READER_URLS: 'mysql://u@a/x,mysql://u@b/x' },
      'ORDERSHARD_MYSQL_READER_URLS',
      'do not match',
    ],
    [
      { ORDERSHARD_MYSQL_URLS: 'mysql://u@a/x', ORDERSHARD_SHARDS_FILE: 'x' },
      'ORDERSHARD_SHARDS_FILE',
      'one of them',
    ],
    [{ ORDERSHARD_SHARDS_FILE: 'nowhere.json' }, 'ORDERSHARD_SHARDS_FILE', 'cannot be read'],
  ])('%j', (given, setting, message) => {
    const error = thrown(() => shardsFromEnv(given));
    expect(error).toMatchObject({ code: 'ROUTER_TOPOLOGY', setting });
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('secret');
  });

  test.each([
    ['no JSON', '{', /is not JSON/],
    ['no shards', {}, /shards: must be a list/],
    [
      'a misspelt field',
      { shards: [shard(0, { reader: [] })] },
      /shards\[0\]\.reader: there is no such field/,
    ],
    ['no writer', { shards: [{ id: 0 }] }, /shards\[0\]\.writer: must be a text/],
    ['an id that is a text', { shards: [{ id: '0' }] }, /shards\[0\]\.id: must be a number/],
    [
      'one id twice',
      { shards: [shard(1), { ...shard(1), writer: 'mysql://u@h/other' }] },
      /shard id 1 .* twice/,
    ],
    ['a negative weight', { shards: [shard(0, { weight: -1 })] }, /shards\[0\]\.weight/],
    ['a password that is not there', { shards: [shard(0, { passwordEnv: 'NONE' })] }, /NONE is not set/],
    ['two passwords', { shards: [shard(0, { passwordEnv: 'A', passwordFile: 'b' })] }, /both/],
    ['a file that is not there', { shards: [shard(0, { tls: { caFile: 'none' } })] }, /tls\.caFile: .*none/],
  ])('a file with %s', async (_, content, message) => {
    await write(content);
    const error = thrown(() => shardsFromEnv(env()));
    expect(error).toMatchObject({ setting: 'ORDERSHARD_SHARDS_FILE' });
    expect(error.message).toMatch(message);
  });
});

function thrown(fn: () => unknown): Error {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
