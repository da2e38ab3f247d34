import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { OperationLeases } from '../lease/operation-leases.ts';
import { readMoves } from '../move/books.ts';
import { moveBuckets } from '../move/move-buckets.ts';
import type { MovePlan, MoveStep } from '../move/move-plan.ts';
import { afterLease, dyingAfter, OPTIONS, RideCluster } from '../move/rides.fixture.ts';
import { type CliRun, inThisProcess } from './cli.fixture.ts';

const REGISTRY = fileURLToPath(new URL('registry.fixture.ts', import.meta.url));

let rides: RideCluster;
let folder: string;

beforeAll(async () => {
  rides = await RideCluster.start(8, 3);
  folder = await mkdtemp(join(tmpdir(), 'ordershard-cli-'));
  await writeFile(join(folder, 'shards.json'), JSON.stringify({ shards: rides.shards.shards }));
});

afterAll(async () => {
  await rides.end();
  await rm(folder, { recursive: true });
});

const run = (command: string) =>
  inThisProcess(command, {
    ORDERSHARD_SHARDS_FILE: join(folder, 'shards.json'),
    ORDERSHARD_CLUSTER: rides.cluster.clusterId,
    ORDERSHARD_REGISTRY: REGISTRY,
  });

/** Runs a command that must end well; gives what it printed and said. */
async function done(command: string): Promise<string> {
  const { code, stdout, stderr } = await run(command);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
  return `${stdout}${stderr}`;
}

const refused = (why: RegExp) => ({ code: 3, stdout: '', stderr: expect.stringMatching(why) });

/** A bucket of numbers that a shard owns, of which rides were taken. */
async function bucketOn(shard: number): Promise<number> {
  for (let bucket = 0; bucket < 8; bucket += 1) {
    if (!(await rides.ownersOf('numbers', bucket)).includes(shard)) continue;
    await rides.router.refreshMap();
    await rides.takeRides(bucket, 5);
    return bucket;
  }
  throw new Error(`shard ${shard} owns nothing`);
}

/** Moves buckets as a run that dies after a step of the last of them does. */
async function cutOff(plan: MovePlan, step: MoveStep): Promise<void> {
  await expect(moveBuckets(rides.cluster, plan, dyingAfter(step))).rejects.toThrow('as if it had died');
}

/** Runs a command once the leases of a run that died have run out. */
async function whenFree(command: string): Promise<CliRun> {
  for (;;) {
    const ended = await run(command);
    if (ended.code !== 5) return ended;
  }
}

beforeEach(async () => {
  // Each test begins with books in which nothing is left to do.
  expect(await whenFree('rollback --yes')).toMatchObject({ code: 0 });
  expect(await whenFree('cleanup --grace 0 --yes')).toMatchObject({ code: 0 });
});

test('a plan that was kept is run again after it was taken back, as often as one likes', async () => {
  const bucket = await bucketOn(0);
  const file = join(folder, 'kept.json');
  const plan = await rides.plan({ kind: 'numbers', bucket, from: 0, to: 1 });
  await writeFile(file, JSON.stringify(plan));
  await cutOff(plan, 'copied');
  // What the wet run refuses, the dry one does.
  for (const how of ['--yes', '--dry-run'])
    expect(await run(`run --plan ${file} ${how}`)).toMatchObject(
      refused(/a move of it is in the books and not at its end; resume it, or roll it back/),
    );
  for (let round = 0; round < 2; round += 1) {
    const short = plan.id.slice(0, 8);
    const { stdout } = await whenFree(`rollback --plan-id ${short} --yes --output json`);
    expect(JSON.parse(stdout)).toMatchObject([{ planId: plan.id, revoked: [{ bucket }] }]);
    if (round === 0) await cutOff(plan, 'copied');
  }
  expect(await done(`run --plan ${file} --yes`)).toMatch(/switched/);
  expect(await rides.ownersOf('numbers', bucket)).toEqual([1]);
  expect(await rides.lost()).toEqual([]);
});

test('what grew twice goes back the way it came; the question says how many, and by which plans', async () => {
  const bucket = await bucketOn(0);
  const plans: MovePlan[] = [];
  for (const [from, to] of [
    [0, 1],
    [1, 2],
  ] as const) {
    const plan = await rides.plan({ kind: 'numbers', bucket, from, to });
    plans.push(plan);
    await moveBuckets(rides.cluster, plan, OPTIONS);
  }
  const [first, second] = plans.map(({ id }) => id.slice(0, 8));
  expect(await run('rollback --dry-run')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/nothing to take back/),
  });
  expect((await run('rollback --move-back --dry-run')).stderr).toContain(
    `Move 2 buckets back that are switched (from shards 1, 2 to shards 0, 1; plan ${second}, ${first})?`,
  );
  const report = await done('rollback --move-back --yes --output json');
  expect(await rides.ownersOf('numbers', bucket)).toEqual([0]);
  expect(await rides.lost()).toEqual([]);
  expect(report).toContain('"switched"');
  expect(await done('verify')).toMatch(/No difference: [12] buckets were compared/);
});

test('ids of plans are taken as they are shown, and wrong ones are errors', async () => {
  const plan = await rides.plan({ kind: 'numbers', bucket: await bucketOn(2), from: 2, to: 0 });
  await moveBuckets(rides.cluster, plan, OPTIONS);
  const status = await run('status');
  expect(status.stdout).toContain(plan.id.slice(0, 8));
  expect(Math.max(...status.stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  for (const id of [plan.id, plan.id.slice(0, 8)]) expect((await run(`verify --plan-id ${id}`)).code).toBe(0);
  for (const command of ['verify', 'resume --yes', 'rollback --yes', 'cleanup --dry-run'])
    expect(await run(`${command} --plan-id 00000000`)).toMatchObject(
      refused(new RegExp(`no plan 00000000 is in the books: they have .*${plan.id.slice(0, 8)}`)),
    );
  expect(await run('verify --plan-id nonsense')).toMatchObject({ code: 2 });
});

test('a clean-up says what it would remove, compares it on a dry run too, and does that', async () => {
  const bucket = await bucketOn(0);
  const plan = await rides.plan({ kind: 'numbers', bucket, from: 0, to: 2 });
  await moveBuckets(rides.cluster, plan, OPTIONS);
  expect(await done('cleanup --yes')).toMatch(/nothing to clean up: 1 that are younger than 60 minutes/);
  const asked = /Remove 1 buckets, about \d+ rows, from shard 0, which gave them away/;
  expect(await done('cleanup --grace 0 --dry-run')).toMatch(asked);
  const shift = (by: number) =>
    rides.on(2, async (session) => {
      await session.execute('SET @ordershard_bucket = -1');
      await session.execute(
        `UPDATE rides SET number = number + ${by} WHERE bucket = ${bucket} ORDER BY number ${by > 0 ? 'DESC' : 'ASC'}`,
      );
    });
  await shift(1);
  for (const how of ['--dry-run', '--yes'])
    expect(await run(`cleanup --grace 0 ${how}`)).toMatchObject({ code: 6 });
  await shift(-1);
  const cleaned = await done('cleanup --grace 0 --yes');
  expect(cleaned).toMatch(/cleaning up .* 1 of 1 buckets, /);
  expect(cleaned).toMatch(/rows removed +[1-9]/);
  expect(await rides.lost()).toEqual([]);
});

test('a refusal on the way is no "nothing was changed": what was done is said to be kept, in the log too', async () => {
  const [back, moved] = [await bucketOn(1), await bucketOn(0)];
  const switched = await rides.plan({ kind: 'numbers', bucket: moved, from: 0, to: 2 });
  await moveBuckets(rides.cluster, switched, OPTIONS);
  await cutOff(await rides.plan({ kind: 'numbers', bucket: back, from: 1, to: 0 }), 'copied');
  await rides.on(2, (session) => session.execute('ALTER TABLE rides ADD COLUMN more INT NULL'));
  const ended = await whenFree('rollback --move-back --yes');
  await rides.on(2, (session) => session.execute('ALTER TABLE rides DROP COLUMN more'));
  expect(ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/do not have the same .*rides.*until then is kept. Next: .*resume/),
  });
  expect(JSON.parse((await run('history --limit 1 --output json')).stdout)).toMatchObject([
    { outcome: 'failed', detail: expect.stringMatching(/^REBALANCE_CUT_OFF: /) },
  ]);
});

test('a run that is stopped says how far it is, and what goes on and what takes back', async () => {
  const stopped = run('run --empty 0 --yes');
  const isUnderWay = async () =>
    (await readMoves(rides.cluster)).some(({ step }) => !['planned', 'cleaned', 'revoked'].includes(step));
  while (!(await isUnderWay()));
  process.emit('SIGINT');
  expect(await stopped).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(
      /stopped: \d+ of \d+ buckets are done, the others wait\. Next: `shard-rebalance resume` goes on, `shard-rebalance rollback` takes back$/m,
    ),
  });
});

test('a shard that another holds is told of before anyone is asked, on a dry run too', async () => {
  await cutOff(await rides.plan({ kind: 'numbers', bucket: await bucketOn(0), from: 0, to: 1 }), 'capturing');
  let leases: OperationLeases | undefined;
  await afterLease(async () => {
    leases = await OperationLeases.acquire(rides.cluster.onShard, [0], { holder: 'bob', what: 'lunch' });
  });
  for (const command of ['resume --dry-run', 'resume', 'rollback --yes'])
    expect(await run(command)).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringMatching(/shard 0 is held by bob since .*: lunch/),
    });
  await leases!.release();
});

test('a plan is kept where it can be, and where that is is said; elsewhere it is refused at once', async () => {
  const out = join(folder, 'grow.json');
  expect(await run(`plan --empty 2 --out ${join(folder, 'none', 'grow.json')}`)).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/--out: .*there is no folder/),
  });
  expect((await done(`plan --empty 2 --out ${out}`)).replace(/\s+/g, ' ')).toContain(`is kept in ${out}.`);
  expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({ moves: expect.any(Array) });
});
