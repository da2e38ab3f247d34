import { createNamespace, startStack } from '@ordershard/stack';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { rounded } from '../measure/rounded.ts';
import { textTable } from '../measure/table.ts';
import { ApiReaders, ReadFindings, type Watched } from './api-readers.ts';
import { rebuildKilled, switchApart } from './steps.ts';
import { READ_MODEL, ReadModelScene, RELAY, until } from './scene.ts';

const ORDERS = 300_000;
const EXPIRED = 1_000;
const WATCHED_MEMBERS = 40;
const WATCHED_EACH = 25;
const KILLS = 3;

/**
 * A rebuild at size: `count` orders on two shards, projected by two processes, while orders are placed, changed and read
 * through two API processes. The fill is killed with -9 three times and resumed; one API process stands still while the
 * new collection is switched to, so that it learns of it later than the other; then back and there again. Views past
 * the retention are taken over. In the end verify compares every order.
 */
export async function run({ count = ORDERS, progress }: BenchOptions): Promise<BenchResult> {
  const parts = ['mysql', 'kafka', 'mongodb'] as const;
  const stack = await startStack({ ephemeral: true, parts: [...parts], shards: 2, onProgress: progress });
  try {
    const scene = await ReadModelScene.create(await createNamespace(stack, 'bench'));
    try {
      return await rebuildUnderLoad(scene, count, progress);
    } finally {
      await scene.end();
    }
  } finally {
    await stack.stop();
  }
}

async function rebuildUnderLoad(
  scene: ReadModelScene,
  count: number,
  progress: (message: string) => void,
): Promise<BenchResult> {
  const start = performance.now();
  const say = (what: string) => progress(`${((performance.now() - start) / 1_000).toFixed(1)} s: ${what}`);
  await scene.start(RELAY, ['relay']);
  await scene.start(READ_MODEL, ['project']);
  await scene.start(READ_MODEL, ['project']);
  const watched: Watched[] = [];
  for (let member = 0; member < WATCHED_MEMBERS; member += 1)
    watched.push({ memberId: `w-${member}`, numbers: await scene.placeFor(`w-${member}`, WATCHED_EACH) });
  const known = watched.flatMap(({ numbers }) => numbers);
  const placedPerSecond = await placeMany(scene, count - known.length, say);
  const old = scene.views();
  await until('the views are there', async () => (await old.estimatedDocumentCount()) >= count, 1_800_000);
  say('every order has its view');
  await scene.expire(EXPIRED);

  const findings = new ReadFindings();
  const apis = await Promise.all(['A', 'B'].map((name) => ApiReaders.start(name, scene, watched, findings)));
  const traffic = scene.traffic();
  const changes = scene.changing(known);
  await until('readers read', () => findings.reads > 100);
  say('orders are placed, changed and read');

  const fill = await rebuildKilled(scene, { count: count + EXPIRED, kills: KILLS, say });
  const apart = await switchApart(
    scene,
    apis.map(({ process }) => process),
    say,
  );
  const before = findings.reads;
  await until('readers read', () => findings.reads > before + 500);
  await scene.command(['rebuild', 'rollback']);
  say('rolled back');
  await scene.command(['rebuild', 'switch', '--rate', '1000000']);
  say('switched again');
  await changes.stop();
  const placed = await traffic.stop();
  await Promise.all(apis.map((api) => api.stop()));
  await scene.command(['rebuild', 'finish']);
  const verifying = performance.now();
  const verify = await scene.readModel(['verify', '--json', '--rate', '1000000']);
  const verifyPerSecond = (Number(verify.json['checked']) / (performance.now() - verifying)) * 1_000;
  say('verified');
  const { differences: _, ...counts } = verify.json;
  const { reads, failed, missing, backwards, examples } = findings;
  const json = {
    orders: count,
    placedMeanwhile: placed,
    placedPerSecond,
    fillPerSecond: fill.perSecond,
    kills: fill.kills,
    copied: fill.copied,
    carriedOver: fill.carriedOver,
    learntApartMs: apart.ms,
    reads,
    failedReads: failed,
    missingReads: missing,
    backwardReads: backwards,
    verifyPerSecond,
    verify: counts,
    verifyExitCode: verify.exitCode,
  };
  const rows = Object.entries({ ...json, verify: JSON.stringify(counts) });
  const table = textTable(
    ['figure', 'value'],
    rows.map(([name, value]) => [
      name,
      typeof value === 'number' ? String(Math.round(value)) : String(value),
    ]),
  );
  return { table: [table, ...examples].join('\n'), json: rounded(json) };
}

async function placeMany(scene: ReadModelScene, count: number, say: (what: string) => void): Promise<number> {
  const begun = performance.now();
  const AT_ONCE = 2_000;
  for (let done = 0; done < count; done += AT_ONCE) {
    await scene.place(Math.min(AT_ONCE, count - done));
    if ((done / AT_ONCE) % 25 === 24) say(`${done + AT_ONCE} orders are placed`);
  }
  const perSecond = (count / (performance.now() - begun)) * 1_000;
  say(`${count} orders are placed, ${Math.round(perSecond)}/s`);
  return perSecond;
}
