import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { API, READ_MODEL, RELAY } from '../rebuild/scene.ts';
import { THIRD_PARTIES } from '../third-parties/fake.ts';

const SHARD_REBALANCE = fileURLToPath(new URL('../../../rebalance/src/bin.ts', import.meta.url));

/** Processes that are started at once. */
const AT_ONCE = 4;

// Nothing listens on port 9: whoever gets as far as connecting did not refuse.
const MYSQL = { ORDERSHARD_MYSQL_URLS: 'mysql://u:p@127.0.0.1:9/d' };
const KAFKA = { ORDERSHARD_KAFKA_BROKERS: '127.0.0.1:9' };
const MONGODB = { ORDERSHARD_MONGODB_URL: 'mongodb://127.0.0.1:9/d' };
const SECRET = { ORDERSHARD_CALLBACK_SECRET: 'a secret of the tests' };
const PARTIES = {
  ORDERSHARD_PAYMENT_URL: 'http://127.0.0.1:9',
  ORDERSHARD_SHOP_URL: 'http://127.0.0.1:9',
  ORDERSHARD_DELIVERY_URL: 'http://127.0.0.1:9',
};
const JWT = {
  ORDERSHARD_JWKS_FILE: '/nonexistent',
  ORDERSHARD_JWT_ISSUER: 'i',
  ORDERSHARD_JWT_AUDIENCE: 'a',
};

const api = [API, 'serve'] as const;
const inflow = [API, 'inflow', 'show'] as const;
const erase = [API, 'erase', '--member', 'm', '--reason', 'r'] as const;
const relay = [RELAY, 'relay'] as const;
const projector = [READ_MODEL, 'project'] as const;
const worker = [THIRD_PARTIES, 'work'] as const;
const fake = [THIRD_PARTIES, 'fake'] as const;
const retention = [SHARD_REBALANCE, 'retention', 'run'] as const;

type Case = readonly [command: readonly string[], env: Readonly<Record<string, string>>, setting: string];

/** A setting that is missing, wrong, or contradicts another, of each process. */
const CASES: readonly Case[] = [
  [api, { ...MONGODB, ...JWT }, 'ORDERSHARD_MYSQL_URLS'],
  [api, { ...MYSQL, ...JWT, ORDERSHARD_MONGODB_URL: 'http://h/d' }, 'ORDERSHARD_MONGODB_URL'],
  [api, { ...MYSQL, ...MONGODB, ...JWT }, 'ORDERSHARD_JWKS_FILE'],
  [api, { ...MYSQL, ...MONGODB, ...JWT, ORDERSHARD_VIEW_MEMBERS: 'nearest' }, 'ORDERSHARD_VIEW_MEMBERS'],
  [
    api,
    { ...MYSQL, ...MONGODB, ...JWT, ORDERSHARD_OVERLOAD_TARGET_MS: 'soon' },
    'ORDERSHARD_OVERLOAD_TARGET_MS',
  ],
  [inflow, { ...MYSQL }, 'ORDERSHARD_KAFKA_BROKERS'],
  [erase, { ...MYSQL }, 'ORDERSHARD_MONGODB_URL'],
  [erase, { ...MYSQL, ...MONGODB }, 'ORDERSHARD_ARCHIVE_URL'],
  [relay, { ...MYSQL }, 'ORDERSHARD_KAFKA_BROKERS'],
  [relay, { ...MYSQL, ...KAFKA, ORDERSHARD_TOPIC_PARTITIONS: '0' }, 'ORDERSHARD_TOPIC_PARTITIONS'],
  [projector, { ...KAFKA }, 'ORDERSHARD_MONGODB_URL'],
  [projector, { ...KAFKA, ...MONGODB, ORDERSHARD_HEALTH_PORT: '70000' }, 'ORDERSHARD_HEALTH_PORT'],
  [worker, { ...MYSQL, ...KAFKA, ...MONGODB, ...PARTIES, ORDERSHARD_SHOP_URL: '' }, 'ORDERSHARD_SHOP_URL'],
  [
    worker,
    { ...MYSQL, ...KAFKA, ...MONGODB, ...PARTIES, ORDERSHARD_CALLBACK_URL: 'http://us' },
    'ORDERSHARD_CALLBACK_SECRET',
  ],
  [
    worker,
    { ...MYSQL, ...KAFKA, ...MONGODB, ...PARTIES, ...SECRET, ORDERSHARD_CALL_TIMEOUT_MS: '600000' },
    'ORDERSHARD_PAYMENT_WITHIN_MS',
  ],
  [fake, {}, 'ORDERSHARD_CALLBACK_SECRET'],
  [fake, { ...SECRET, ORDERSHARD_FAKE_SEED: 'x' }, 'ORDERSHARD_FAKE_SEED'],
  [retention, {}, 'ORDERSHARD_MYSQL_URLS'],
  [retention, { ...MYSQL, ORDERSHARD_CLUSTER: 'no blanks' }, 'ORDERSHARD_CLUSTER'],
];

interface End {
  readonly code: number | null;
  readonly stderr: string;
}

const ends: End[] = [];

/** Starts a process with these settings and no others, and waits for its end. */
function start([command, env]: Case): Promise<End> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--conditions=source', '--no-warnings', ...command],
      { env: { PATH, HOME, ...env }, timeout: 240_000 },
      (_error, _stdout, stderr) => resolve({ code: child.exitCode, stderr }),
    );
  });
}

beforeAll(async () => {
  let next = 0;
  const one = async () => {
    for (let at = next++; at < CASES.length; at = next++) ends[at] = await start(CASES[at]!);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}, 900_000);

test.each(CASES.map(([command, , setting], at) => [command.slice(1).join(' '), setting, at] as const))(
  '%s refuses to start and names %s',
  (_, setting, at) => {
    const { code, stderr } = ends[at]!;
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`${setting}:`) });
  },
);
