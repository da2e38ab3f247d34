import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createNamespace, startStack } from '@ordershard/stack';
import { exec, install, pack, ROOT, run, writeJson } from './packing.ts';

// Packs the package, installs it in a copy of examples/fastify as whoever imports it would, compiles the example against
// the types that were packed, and runs it on real servers: `npm run example-check`.

const EXAMPLE = join(ROOT, 'examples/fastify');

interface Manifest {
  readonly dependencies: Record<string, string>;
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`it is not so that ${what}`);
}

/** Starts the example; gives where it listens, and what ends it. */
async function start(project: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith('http://')) {
      const end = async () => {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        const [code] = (await ended) as [number | null];
        must(code === 0, `the example ends with 0, but with ${code}`);
      };
      return { url: line, end };
    }
  throw new Error('the example has ended before it listened');
}

/** Uses the example as its README says. */
async function use(url: string): Promise<void> {
  const post = (path: string, body?: unknown) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const order = { customer: 'Kim', lines: [{ sku: 'tea', quantity: 2, price: 350 }] };
  const numbers: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    const placed = await post('/orders', order);
    must(placed.status === 201, `an order is placed, but ${placed.status}: ${await placed.clone().text()}`);
    numbers.push(((await placed.json()) as { number: string }).number);
  }
  const [number] = numbers;
  const found = (await (await fetch(`${url}/orders/${number}`)).json()) as object;
  const expected = { number, customer: 'Kim', state: 'open', total: '700', lines: order.lines };
  must(
    JSON.stringify(found) === JSON.stringify(expected),
    `an order is read as it was placed, but ${JSON.stringify(found)}`,
  );
  const shipped = [await post(`/orders/${number}/ship`), await post(`/orders/${number}/ship`)];
  must(shipped.map(({ status }) => status).join() === '204,409', 'an order is shipped once');
  must((await fetch(`${url}/orders/1`)).status === 404, 'an order that is not there is 404');
  must((await post('/orders', { customer: '' })).status === 400, 'a body that is wrong is 400');
  must((await fetch(`${url}/ready`)).status === 200, 'it is ready');
}

async function rowsOf(env: NodeJS.ProcessEnv): Promise<readonly number[]> {
  const { shardsFromUrls, withShardSessions } = await import('@ordershard/shard-router');
  const shards = shardsFromUrls(env['ORDERSHARD_MYSQL_URLS']!.split(','));
  const counts = await withShardSessions(shards, (session) =>
    session.query<{ n: string }>('SELECT CAST(COUNT(*) AS CHAR) AS n FROM shop_orders'),
  );
  return counts.map(([row]) => Number(row!.n));
}

async function check(work: string): Promise<void> {
  const { tarball } = await pack(work);
  const project = join(work, 'fastify');
  await cp(EXAMPLE, project, { recursive: true });
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as Manifest;
  manifest.dependencies['@ordershard/shard-router'] = `file:${tarball}`;
  await writeJson(join(project, 'package.json'), manifest);
  await install(project, []);
  await run('compiling the example', 'npx', ['tsc'], project);
  console.log('examples/fastify compiles against the packed types');
  const named = process.env['ORDERSHARD_MYSQL_URLS'];
  const stack = named ? undefined : await startStack({ ephemeral: true, shards: 2, parts: ['mysql'] });
  const urls = named ?? stack!.env['ORDERSHARD_MYSQL_URLS'];
  const namespace = await createNamespace({ ORDERSHARD_MYSQL_URLS: urls }, 'fastify');
  try {
    const env = { ...process.env, NODE_OPTIONS: '', ...namespace.env };
    await exec(process.execPath, ['src/migrate.ts'], { cwd: project, env });
    const { url, end } = await start(project, env);
    try {
      await use(url);
    } finally {
      await end();
    }
    const rows = await rowsOf(env);
    must(
      rows.reduce((sum, count) => sum + count, 0) === 20,
      `each order lies on one shard: ${rows.join(' and ')}`,
    );
    must(
      rows.every((count) => count > 0),
      `orders lie on each shard: ${rows.join(' and ')}`,
    );
    console.log(`examples/fastify runs: ${rows.join(' and ')} orders on the shards`);
  } finally {
    await namespace.drop();
    await stack?.stop();
  }
}

const work = await mkdtemp(join(tmpdir(), 'ordershard-example-'));
try {
  await check(work);
} finally {
  await rm(work, { recursive: true, force: true });
}
