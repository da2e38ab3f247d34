import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startStack, type Stack } from '@ordershard/stack';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import {
  connectShardRouter,
  type AccessOption,
  checkDrift,
  type Credentials,
  initialiseCluster,
  migrateShards,
  migrationStatus,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  shardsFromUrls,
  withShardSessions,
} from '../index.ts';

/** A MariaDB of the stack has no certificate. */
const hasTls = process.env['ORDERSHARD_MYSQL'] !== 'mariadb';
const testTls = hasTls ? test : test.skip;
const describeTls = hasTls ? describe : describe.skip;

let stack: Stack;
let shards: readonly ShardConfig[];

beforeAll(async () => {
  const { ORDERSHARD_MYSQL_URLS: _, ...env } = process.env;
  stack = await startStack({ ephemeral: true, shards: 1, parts: ['mysql'], env });
  shards = shardsFromUrls(stack.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrateShards(shards, [ROUTER_MIGRATIONS]);
  await initialiseCluster({ clusterId: 'access', shards });
});

afterAll(async () => {
  await stack?.stop();
});

async function admin(...statements: string[]): Promise<void> {
  const connection = await createConnection(stack.part('mysql-0').adminUrl!);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

test('credentials come from a provider, and are asked for again when the server refuses them', async () => {
  await admin("CREATE USER rotated@'%' IDENTIFIED BY 'first'", "GRANT ALL ON `ordershard%`.* TO rotated@'%'");
  let current: Credentials = { user: 'rotated', password: 'first' };
  let asked = 0;
  const router = await connectShardRouter({
    clusterId: 'access',
    shards,
    access: {
      credentials: (endpoint) => {
        asked += 1;
        expect(endpoint).not.toHaveProperty('password');
        return Promise.resolve(current);
      },
    },
  });
  try {
    const user = () =>
      router.withShard(0, async () => {
        const connection = await router.pool.promise().getConnection();
        const [rows] = await connection.query<RowDataPacket[]>('SELECT CURRENT_USER() AS user');
        connection.destroy(); // So that the next one connects anew.
        return rows[0]!['user'] as string;
      });
    expect(await user()).toBe('rotated@%');
    const before = asked;
    expect(await user()).toBe('rotated@%');
    expect(asked).toBe(before);
    await admin("ALTER USER rotated@'%' IDENTIFIED BY 'second'");
    current = { ...current, password: 'second' };
    expect(await user()).toBe('rotated@%');
    expect(asked).toBe(before + 1);
  } finally {
    await router.close();
  }
});

test('a provider that fails is told by type', async () => {
  const connecting = connectShardRouter({
    clusterId: 'access',
    shards,
    access: { credentials: () => Promise.reject(new Error('vault is sealed')) },
  });
  await expect(connecting).rejects.toMatchObject({ code: 'ROUTER_SHARD_ACCESS' });
});

testTls('connections are encrypted, and a certificate that is not trusted is refused', async () => {
  const ca = await readFile(join(stack.dir, 'mysql-0', 'data', 'ca.pem'), 'utf8');
  // The server's own certificate names no host.
  const router = await connectShardRouter({
    clusterId: 'access',
    shards,
    access: { tls: { ca, verifyIdentity: false } },
  });
  try {
    const cipher = await router.onShard(0, (session) =>
      session.query<{ Value: string }>("SHOW STATUS LIKE 'Ssl_cipher'"),
    );
    expect(cipher[0]!.Value).not.toBe('');
  } finally {
    await router.close();
  }
  await expect(connectShardRouter({ clusterId: 'access', shards, access: { tls: {} } })).rejects.toThrow(
    /certificate/i,
  );
});

describeTls('what the URL of a shard says of TLS holds', () => {
  /** The cipher of a routed session and of an operator's, with words after the `?` of the shard's URL. */
  async function ciphersWith(search: string): Promise<readonly string[]> {
    const [{ id, writer }] = shards as [ShardConfig];
    const router = await connectShardRouter({
      clusterId: 'access',
      shards: [{ id, writer: `${writer}?${search}` }],
    });
    try {
      const cipher = "SHOW STATUS LIKE 'Ssl_cipher'";
      const [rows] = await router.withShard(id, () => router.pool.promise().query<RowDataPacket[]>(cipher));
      const own = await router.onShard(id, (session) => session.query<{ Value: string }>(cipher));
      return [rows[0]!['Value'] as string, own[0]!.Value];
    } finally {
      await router.close();
    }
  }

  const encrypted = [expect.stringMatching(/./), expect.stringMatching(/./)];

  test.each(['sslmode=require', 'ssl-mode=REQUIRED', 'ssl={"rejectUnauthorized":false}', 'tls=skip-verify'])(
    '%s encrypts',
    async (search) => {
      expect(await ciphersWith(search)).toEqual(encrypted);
    },
  );

  test.each(['', 'sslmode=disabled', 'tls=false'])('%j does not', async (search) => {
    expect(await ciphersWith(search)).toEqual(['', '']);
  });

  test.each(['ssl-mode=VERIFY_CA', 'ssl-mode=VERIFY_IDENTITY', 'sslaccept=strict', 'ssl=true'])(
    '%s refuses a certificate that is not trusted',
    async (search) => {
      await expect(ciphersWith(search)).rejects.toMatchObject({
        code: 'ROUTER_SHARD_ACCESS',
        message: expect.stringMatching(/certificate/i),
      });
    },
  );

  test('a certificate of its own authority is trusted', async () => {
    const ca = await readFile(join(stack.dir, 'mysql-0', 'data', 'ca.pem'), 'utf8');
    const ssl = encodeURIComponent(JSON.stringify({ ca, rejectUnauthorized: true }));
    expect(await ciphersWith(`ssl=${ssl}`)).toEqual(encrypted);
  });
});

describe('what works on shards without a router', () => {
  const work: [string, (on: readonly ShardConfig[], options: AccessOption) => Promise<unknown>][] = [
    ['migrateShards', (on, options) => migrateShards(on, [ROUTER_MIGRATIONS], options)],
    [
      'initialiseCluster',
      (on, options) => initialiseCluster({ clusterId: 'access', shards: on, ...options }),
    ],
    ['migrationStatus', (on, options) => statusOf(on, options)],
    ['checkDrift', (on, options) => checkDrift(on, options)],
    [
      'withShardSessions',
      (on, options) => withShardSessions(on, (session) => session.query('SELECT 1'), options),
    ],
  ];

  /** The state of the only shard; throws what says that it is not known. */
  async function statusOf(on: readonly ShardConfig[], options: AccessOption): Promise<unknown> {
    const [status] = await migrationStatus(on, [ROUTER_MIGRATIONS], options);
    if ('unavailable' in status!) throw status.unavailable;
    return status;
  }

  test.each(work)('%s takes credentials from a provider, not from the URL', async (_, run) => {
    const withoutPassword = shards.map(({ id, writer }) => {
      const url = new URL(writer);
      url.password = 'not-this';
      return { id, writer: url.href };
    });
    const { password } = new URL(shards[0]!.writer);
    await expect(run(withoutPassword, {})).rejects.toMatchObject({ code: 'ROUTER_SHARD_ACCESS' });
    await run(withoutPassword, { access: { credentials: () => Promise.resolve({ password }) } });
  });

  testTls.each(work)('%s is encrypted when asked, and trusts no certificate by itself', async (_, run) => {
    const ca = await readFile(join(stack.dir, 'mysql-0', 'data', 'ca.pem'), 'utf8');
    await run(shards, { access: { tls: { ca, verifyIdentity: false } } });
    await expect(run(shards, { access: { tls: {} } })).rejects.toMatchObject({
      code: 'ROUTER_SHARD_ACCESS',
      message: expect.stringMatching(/certificate/i),
    });
  });
});
