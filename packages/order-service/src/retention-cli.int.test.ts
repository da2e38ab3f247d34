import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { dayAgo, DELIVERED, type RetentionScene, startRetentionScene } from './fixtures/retention-scene.ts';

const CLI = fileURLToPath(new URL('../../rebalance/src/bin.ts', import.meta.url));

let scene: RetentionScene;

afterEach(() => scene.end());

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

async function command(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--conditions=source', '--no-warnings', CLI, ...args], {
    env: {
      ...process.env,
      TZ: 'Asia/Seoul',
      ORDERSHARD_MYSQL_URLS: scene.shards.map(({ writer }) => writer).join(','),
      ORDERSHARD_CLUSTER: 'retention',
      ORDERSHARD_ARCHIVE_URL: scene.folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (!args.includes('json')) expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  return { code, out, errors };
}

test('an operator plans, holds, runs, asks the archive, restores and sees all of it', async () => {
  scene = await startRetentionScene('cli', { days: [31] });
  const [final, held, open] = [
    await scene.place(31, DELIVERED),
    await scene.place(31, DELIVERED),
    await scene.place(31, ['pay']),
  ];
  const [plan, unconfirmed, noNumber] = await Promise.all([
    command('retention', 'plan'),
    command('retention', 'hold', String(held)),
    command('retention', 'hold', 'x', '--yes'),
  ]);
  expect(plan).toMatchObject({ code: 0 });
  const leaves = new Date(Date.parse(`${dayAgo(31)}T00:00:00Z`) + 31 * 86_400_000).toISOString().slice(0, 10);
  expect(plan.out).toMatch(new RegExp(`${leaves} 00:00 +${leaves} 09:00 +yes`));

  expect(unconfirmed).toMatchObject({
    code: 3,
    errors: expect.stringMatching(/add --yes/),
  });
  expect(noNumber).toMatchObject({ code: 2 });
  const ann = ['--by', 'ann', '--reason', 'court'];
  const bob = ['--by', 'bob'];
  const before = await Promise.all([
    command('retention', 'hold', String(held), '--dry-run', ...ann),
    command('retention', 'hold', String(held + 1n), '--dry-run', ...ann),
    command('retention', 'release', String(held), '--dry-run', ...bob),
    command('retention', 'restore', String(final), '--dry-run', ...bob),
    command('retention', 'run', '--dry-run'),
    command('archive', 'forget', 'no-id', '--dry-run'),
  ]);
  const refused = (errors: RegExp) => ({ code: 3, errors: expect.stringMatching(errors) });
  expect(before).toMatchObject([
    { code: 0, errors: expect.stringMatching(/nothing is changed: Hold order \d+ on shard 0\?/) },
    refused(/there is no number/),
    refused(/is not held/),
    refused(/is not past its retention/),
    {
      code: 0,
      errors: expect.stringMatching(/archive 1 day of orders older than 30 days \(about \d+ rows\) to file:/),
    },
    refused(/no shard knows an archive no-id; known are [0-9a-f-]{36} \(file:/),
  ]);
  expect(await command('retention', 'hold', String(held), '--yes', ...ann)).toMatchObject({ code: 0 });
  const owned = new RegExp(
    `${held} is held by ann since .* UTC \\("court"\\): ask them, .* \`--held-by ann\``,
  );
  expect(
    await Promise.all([
      command('retention', 'release', String(held), '--yes', ...bob),
      command('retention', 'hold', String(held), '--yes', '--reason', 'mine', ...bob),
      command('retention', 'release', String(held), '--dry-run', '--held-by', 'ann', ...bob),
    ]),
  ).toMatchObject([
    refused(owned),
    refused(owned),
    {
      code: 0,
      errors: expect.stringMatching(/Release order \d+ on shard 0, held by ann since .*\("court"\)\?/),
    },
  ]);
  const run = await command('retention', 'run', '--yes', '--output', 'json');
  expect(run.code).toBe(0);
  expect(JSON.parse(run.out)).toMatchObject([{ dropped: [dayAgo(31)], kept: [] }]);
  expect(await scene.find(final)).toMatchObject([{ where: 'archive' }]);
  expect(await scene.find(open)).toMatchObject([{ where: 'carried' }]);

  const sql = 'SELECT number, count(*) AS lines FROM orders JOIN order_items USING (number) GROUP BY number';
  const [query, wrong] = await Promise.all([
    command('archive', 'query', sql, '--output', 'json'),
    command('archive', 'query', 'SELEKT'),
  ]);
  expect(JSON.parse(query.out)).toEqual([{ number: String(final), lines: '2' }]);
  expect(wrong).toMatchObject({ code: 2 });
  expect(await command('retention', 'restore', String(final), '--yes', '--reason', 'refund')).toMatchObject({
    code: 0,
  });
  const [shown, status, history] = await Promise.all([
    command('retention', 'status'),
    command('retention', 'status', '--output', 'json'),
    command('history', '--output', 'json'),
  ]);
  expect(shown.out.replaceAll('\n', ' ')).toMatch(new RegExp(`${held} is held by ann since .* UTC: court`));
  expect(JSON.parse(status.out)).toMatchObject([
    {
      carried: '3',
      carriedOpen: 3,
      holds: [{ reason: 'restored: refund' }, { reason: 'court', held_by: 'ann' }],
      lastDropped: dayAgo(31),
    },
  ]);
  expect((JSON.parse(history.out) as { action: string }[]).map(({ action }) => action)).toEqual([
    'retention restore',
    'retention run',
    'retention hold',
  ]);
  expect(
    await command('retention', 'release', String(held), '--yes', '--held-by', 'ann', ...bob),
  ).toMatchObject({ code: 0, out: expect.stringMatching(/was held by +ann/) });
}, 240_000);
