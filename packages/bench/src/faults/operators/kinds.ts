import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { withPlain } from '../connect.ts';
import { moveByWrongClock, openByWrongClock, processOfWrongClock, retainByWrongClock } from './clocks.ts';
import { noTrace, refused, said, struck } from './commands.ts';
import { restoreShard } from './restore.ts';
import { otherDatabases, type OperatorScene, SHARDS } from './scene.ts';

/** Something that operators, or those beside them, do. Resolves to what proves that it happened. */
export interface OperatorFault {
  readonly name: string;
  happen(scene: OperatorScene): Promise<string | undefined>;
}

const REASON = ['--yes', '--reason', 'faults'];

export const KINDS: readonly OperatorFault[] = [
  {
    name: 'restored as it was',
    happen: (scene) => restoreShard(scene, {}),
  },
  {
    name: 'restored after moves',
    happen: (scene) => restoreShard(scene, { moves: true }),
  },
  {
    name: 'restored before all was published',
    happen: (scene) => restoreShard(scene, { unpublished: true }),
  },
  {
    name: 'restored, and recovered by a wrong clock',
    happen: (scene) => restoreShard(scene, { moves: true, wrongClock: true }),
  },
  { name: 'a file that lacks a member', happen: staleFile },
  { name: 'a file with two URLs swapped', happen: swapped },
  { name: "another cluster's name", happen: otherName },
  { name: 'databases that are not there', happen: nothingThere },
  { name: 'a plan of before', happen: stalePlan },
  { name: 'ids that are not there', happen: wrongIds },
  { name: 'two operators', happen: twoOperators },
  { name: 'Ctrl-C then resume', happen: (scene) => cutOff(scene, 'SIGINT', 'resume') },
  { name: 'Ctrl-C then rollback', happen: (scene) => cutOff(scene, 'SIGINT', 'rollback') },
  { name: 'kill -9 then resume', happen: (scene) => cutOff(scene, 'SIGKILL', 'resume') },
  { name: 'kill -9 then rollback', happen: (scene) => cutOff(scene, 'SIGKILL', 'rollback') },
  { name: 'DDL by another during a move', happen: ddl },
  { name: 'a backup lock during a move', happen: backupLock },
  { name: 'a move by a wrong clock', happen: moveByWrongClock },
  { name: 'retention by a wrong clock', happen: retainByWrongClock },
  { name: 'an epoch by a wrong clock', happen: openByWrongClock },
  { name: 'a process of a wrong clock', happen: processOfWrongClock },
  { name: 'a right move', happen: rightMove },
];

async function staleFile(scene: OperatorScene): Promise<string | undefined> {
  const lacks = scene.random.between(0, SHARDS);
  const left = scene.store.shards.filter(({ id }) => id !== lacks);
  const path = join(tmpdir(), `ordershard-stale-${process.pid}.json`);
  await writeFile(path, JSON.stringify({ shards: left }));
  try {
    const drained = String(left[0]!.id);
    return await refused(
      scene,
      [
        ['drain', drained, ...REASON],
        ['epoch', 'open', ...REASON],
        ['run', '--empty', drained, ...REASON],
        ['resume', ...REASON],
        ['cleanup', '--grace', '0', ...REASON],
      ],
      { ORDERSHARD_SHARDS_FILE: path },
    );
  } finally {
    await rm(path, { force: true });
  }
}

function swapped(scene: OperatorScene): Promise<string | undefined> {
  const [a, b, ...rest] = scene.store.urls;
  return refused(
    scene,
    [
      ['status'],
      ['plan'],
      ['cleanup', '--grace', '0', ...REASON],
      ['verify'],
      ['shard', 'recover', '0', ...REASON],
    ],
    scene.sharding([b!, a!, ...rest]),
  );
}

function otherName(scene: OperatorScene): Promise<string | undefined> {
  return refused(
    scene,
    [
      ['plan'],
      ['run', '--empty', '1', ...REASON],
      ['retention', 'run', ...REASON],
      ['epoch', 'close', ...REASON],
    ],
    { ORDERSHARD_CLUSTER: 'another' },
  );
}

/** They are refused as not reachable, which is no refusal of the command's own. */
async function nothingThere(scene: OperatorScene): Promise<string | undefined> {
  const env = scene.sharding(otherDatabases(scene.store.urls, 'nobody'));
  const proofs: string[] = [];
  for (const args of [['plan'], ['run', '--empty', '1', ...REASON]]) {
    const end = await scene.command(args, env);
    noTrace(scene, args, end);
    if (end.code !== 0) proofs.push(`${args[0]}: ${said(end)}`);
  }
  return proofs.length === 2 ? proofs.join('; ') : undefined;
}

async function stalePlan(scene: OperatorScene): Promise<string | undefined> {
  const path = join(tmpdir(), `ordershard-plan-${process.pid}.json`);
  try {
    const planned = await scene.command(['plan', '--empty', '1', '--out', path]);
    if (planned.code !== 0) return undefined;
    await scene.moveOne();
    return await refused(scene, [['run', '--plan', path, ...REASON]]);
  } finally {
    await rm(path, { force: true });
  }
}

function wrongIds(scene: OperatorScene): Promise<string | undefined> {
  return refused(scene, [
    ['drain', '77', ...REASON],
    ['run', '--empty', '9', ...REASON],
    ['resume', '--plan-id', '00000000-0000-4000-8000-000000000000', ...REASON],
    ['shard', 'add', '5', ...REASON],
    ['shard', 'remove', '1', ...REASON],
    ['shard', 'recover', '1', ...REASON],
    ['run', '--empty', '1'],
  ]);
}

async function twoOperators(scene: OperatorScene): Promise<string | undefined> {
  const plan = await scene.planFile(6);
  try {
    const args = ['run', '--plan', plan, ...REASON];
    const ends = await Promise.all([scene.command(args), scene.command(args)]);
    for (const end of ends) noTrace(scene, args, end);
    const codes = ends.map(({ code }) => code);
    // The lease of the command that moves may run out on a busy machine. It says so, and is resumed.
    await scene.settle('resume');
    const refusedOnes = codes.filter((code) => code === 3 || code === 5);
    const movers = codes.filter((code) => code === 0 || code === 4);
    if (refusedOnes.length === 1 && movers.length === 1) return ends.map(said).join('; ');
    scene.findings.add(
      'misjudged',
      'two operators',
      ends.map((end) => `${end.code}: ${said(end)}`).join('; '),
    );
    return undefined;
  } finally {
    await rm(plan, { force: true });
  }
}

async function cutOff(
  scene: OperatorScene,
  signal: NodeJS.Signals,
  then: 'resume' | 'rollback',
): Promise<string | undefined> {
  const plan = await scene.planFile(8);
  try {
    const { end, struck: isStruck } = await struck(scene, ['run', '--plan', plan, ...REASON], signal);
    if (signal === 'SIGINT' && isStruck && end.code !== 4 && end.code !== 0)
      scene.findings.add('misjudged', 'run', `interrupted, it ended with ${end.code}: ${said(end)}`);
    await scene.settle(then);
    return isStruck ? `${signal}: ended with ${end.code}; then ${then}` : undefined;
  } finally {
    await rm(plan, { force: true });
  }
}

/** Another operator changes a table while it moves, and changes it back. */
async function ddl(scene: OperatorScene): Promise<string | undefined> {
  let changes = 0;
  const moving = scene.moveOne(4);
  await withPlain(scene.adminUrls(), async (connections) => {
    for (const sql of [
      'ALTER TABLE orders ADD COLUMN remark VARCHAR(20) NULL, ALGORITHM=INSTANT',
      'ALTER TABLE orders DROP COLUMN remark, ALGORITHM=INSTANT',
    ])
      for (const connection of connections) {
        await connection.query('SET lock_wait_timeout = 60');
        await connection.query(sql);
        changes += 1;
      }
  });
  await moving.catch((error: Error) => {
    // It may refuse tables that differ for a moment; what was begun is taken back.
    if (!/REBALANCE|schema|differ/i.test(error.message)) throw error;
  });
  await scene.settle('rollback');
  return changes === 2 * SHARDS ? `${changes} changes of tables were made` : undefined;
}

/** A backup tool keeps DDL out while buckets move and partitions are made. */
async function backupLock(scene: OperatorScene): Promise<string | undefined> {
  return withPlain([scene.adminUrls()[0]!], async ([connection]) => {
    await connection!.query('LOCK INSTANCE FOR BACKUP');
    try {
      const made = await scene.command(['partitions', 'run']);
      noTrace(scene, ['partitions', 'run'], made);
      await scene.moveOne();
      return `partitions run ended with ${made.code} under the lock, and a bucket moved`;
    } finally {
      await connection!.query('UNLOCK INSTANCE');
    }
  });
}

async function rightMove(scene: OperatorScene): Promise<string | undefined> {
  return `buckets ${(await scene.moveOne(2)).join(', ')} moved`;
}
