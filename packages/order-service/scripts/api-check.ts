import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger } from '@ordershard/process';
import { mintToken, startStack, type TokenClaims } from '@ordershard/stack';
import { migrate } from '../src/migrate.ts';
import { startApi } from '../src/serve.ts';
import { readApiSettings, readShardSettings } from '../src/settings.ts';

// Runs Schemathesis against the API and the document that it serves, on servers of its own: `npm run api-check`.
// Exits with 1 when it finds a failure. It needs python3 with venv and pip, and installs into the user's cache alone.

const SCHEMATHESIS = '4.32.5';
const CONFIG = new URL('schemathesis.toml', import.meta.url).pathname;
const HOOKS = new URL('schemathesis_hooks.py', import.meta.url).pathname;
const SHOP = { name: 'S', currency: 'KRW', menus: [{ menuId: 'm-1', name: 'Rice', price: 4_500 }] };

const CACHE =
  process.env['ORDERSHARD_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ordershard');
await mkdir(CACHE, { recursive: true });

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '100' },
    seed: { type: 'string', default: '7' },
    role: { type: 'string', multiple: true, default: ['member', 'shop', 'operator', 'service'] },
  },
});

const run = (command: string, args: readonly string[]) =>
  new Promise<number>((resolve, reject) => {
    // What Schemathesis remembers of a run stays with it in the cache.
    const child = spawn(command, args, {
      cwd: CACHE,
      env: { ...process.env, SCHEMATHESIS_HOOKS: HOOKS },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });

/** The `st` of a virtual environment in the cache, made when it is not there. */
async function schemathesis(): Promise<string> {
  const dir = join(CACHE, `schemathesis-${SCHEMATHESIS}`);
  const st = join(dir, 'bin', 'st');
  if (existsSync(st)) return st;
  if ((await run('python3', ['-m', 'venv', dir])) !== 0)
    throw new Error('python3 -m venv failed: Debian has it in python3-venv');
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `schemathesis==${SCHEMATHESIS}`,
  ];
  if ((await run(join(dir, 'bin', 'python'), pip)) !== 0)
    throw new Error('pip could not install schemathesis');
  return st;
}

const st = await schemathesis();
const stack = await startStack({ ephemeral: true, shards: 2, parts: ['mysql', 'mongodb'], env: {} });
try {
  const { clusterId, shards } = readShardSettings(stack.env);
  await migrate(clusterId, shards);
  const env = {
    ...stack.env,
    ORDERSHARD_API_PORT: '0',
    ORDERSHARD_API_DRAIN_MS: '0',
    ORDERSHARD_API_RATE_MEMBER: '0',
    ORDERSHARD_API_RATE_SHOP: '0',
  };
  const api = await startApi(readApiSettings(env), createLogger('api', 'error'));
  const url = `http://127.0.0.1:${api.port}`;
  try {
    const operator = await mintToken({ role: 'operator', subject: 'api-check' }, env);
    await fetch(`${url}/v1/shops/s-1`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' },
      body: JSON.stringify(SHOP),
    });
    for (const role of values.role) {
      console.log(`\nas a ${role}`);
      const token = await mintToken(
        {
          role: role as TokenClaims['role'],
          subject: role === 'shop' ? 's-1' : 'm-1',
          ttlSeconds: 7_200,
        },
        env,
      );
      const code = await run(st, [
        '--config-file',
        CONFIG,
        'run',
        `${url}/openapi.json`,
        '--header',
        `Authorization: Bearer ${token}`,
        '--phases',
        'examples,coverage,fuzzing,stateful',
        '--checks',
        'all',
        '--max-examples',
        values.examples,
        '--seed',
        values.seed,
        '--request-timeout',
        '20',
        '--workers',
        '1',
      ]);
      if (code !== 0) process.exitCode = 1;
    }
  } finally {
    await api.stop();
  }
} finally {
  await stack.stop();
}
