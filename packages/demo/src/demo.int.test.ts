import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';

const CLI = fileURLToPath(new URL('./cli.ts', import.meta.url));
const LIMIT_MS = 180_000;

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly json: Record<string, unknown>;
}

/** Runs the demo on the servers of the test run, as a process of its own. */
async function demo(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, ['--conditions=source', '--no-warnings', CLI, '--json', ...args], {
    // With every request in the logs, which are looked through.
    env: { ...process.env, NODE_OPTIONS: '', ORDERSHARD_LOG_LEVEL: 'debug' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [status] = (await once(child, 'close')) as [number | null];
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return { status, stdout, stderr, json: last.startsWith('{') ? (JSON.parse(last) as Outcome['json']) : {} };
}

/** The databases of the first shard. */
async function databases(): Promise<unknown> {
  const connection = await createConnection({
    uri: (process.env['ORDERSHARD_MYSQL_URLS'] ?? '').split(',')[0]!,
  });
  try {
    const [rows] = await connection.query(`SHOW DATABASES LIKE 'ordershard\\_demo%'`);
    return rows;
  } finally {
    await connection.end();
  }
}

const nothingWrong = {
  missing: 0,
  duplicated: 0,
  mismatched: 0,
  outOfOrder: 0,
  leaked: 0,
  failures: [],
  examples: [],
};

describe('the demo, end to end', () => {
  test(
    'plays a small day, finds everything everywhere, once, and leaves nothing on the servers',
    async () => {
      const before = await databases();
      const { status, stdout, stderr, json } = await demo('--orders', '100', '--seed', '11');
      expect({ status, said: status === 0 ? '' : stderr }).toEqual({ status: 0, said: '' });
      expect(stdout.trim().split('\n')).toHaveLength(1);
      expect(json).toMatchObject({ acknowledged: 100, views: 100, ...nothingWrong });
      const { perShard, events, effects, visibleMs, requests } = json as {
        perShard: number[];
        events: number;
        effects: number;
        requests: number;
        visibleMs: Record<string, number>;
      };
      expect(perShard.reduce((sum, rows) => sum + rows, 0)).toBe(100);
      expect(events).toBe(effects);
      expect(requests).toBeGreaterThan(500);
      expect(json['logLines']).toBeGreaterThan(requests);
      expect(visibleMs['p50']).toBeLessThanOrEqual(visibleMs['p99']!);
      expect(json['ordersPerSecond']).toBeGreaterThan(0);
      expect(await databases()).toEqual(before);
    },
    LIMIT_MS,
  );

  test(
    'finds everything although relay and projector are killed on the way',
    async () => {
      const { status, stderr, json } = await demo('--orders', '120', '--seed', '12', '--chaos');
      expect({ status, said: status === 0 ? '' : stderr }).toEqual({ status: 0, said: '' });
      expect(json).toMatchObject({ acknowledged: 120, views: 120, kills: 6, ...nothingWrong });
    },
    LIMIT_MS,
  );
});

describe('with an input file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordershard-input-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test(
    'places what can be used, names what cannot, and says so by its exit code',
    async () => {
      const file = join(folder, 'orders.csv');
      writeFileSync(
        file,
        [
          'order,memberId,shopId,shopName,currency,menuId,price,quantity,note',
          'A,m-1,s/1,"Joe ""the cook""",USD,pizza,9007199254740993,1,"two',
          'lines"',
          'B,m-2,s/1,,,pizza,,0,',
          'C,m-2,s/1,,,pizza,,1,',
          'C,m-2,s/1,,,cola,300,2,',
          'D,m-3,s/1,,,cola,,10001,',
        ].join('\n'),
      );
      const { status, stderr, json } = await demo('--input', file);
      expect({ status, said: status === 3 ? '' : stderr }).toEqual({ status: 3, said: '' });
      expect(stderr).toContain(`${file}:4: items[0]: quantity must be from 1 to 4294967295`);
      expect(stderr).toContain(`${file}:7: the API refused it`);
      expect(json).toMatchObject({ acknowledged: 2, views: 2, refusedRows: 2, ...nothingWrong });
    },
    LIMIT_MS,
  );

  test('that is not there ends with 2 at once', async () => {
    const { status, stderr } = await demo('--input', join(folder, 'none.csv'));
    expect(status).toBe(2);
    expect(stderr).toContain('cannot read');
  });
});

test('a setting that means nothing ends with 2', async () => {
  const { status, stderr } = await demo('--orders', 'many');
  expect(status).toBe(2);
  expect(stderr).toContain('It must be a whole number');
});
