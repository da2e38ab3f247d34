import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { rounded } from '../measure/rounded.ts';
import { openWriteCluster } from '../write/cluster.ts';
import { type Beside, figuresOf, tableOf } from './compare.ts';
import { Journal } from './journal.ts';
import { Load, type Window } from './load.ts';
import { Locks } from './locks.ts';
import { calm, fixed, moving, type Scene, type Stage } from './scenes.ts';
import { makeTable, written } from './table.ts';

const ROUNDS = 5;
const WINDOW_MS = 3_000;
const CALLERS = 64;

const SCENES: Readonly<Record<string, Scene>> = { fixedOne: fixed(1), fixedEight: fixed(8), moving };

/**
 * Callers write rows of their own by merged writes while other sessions hold locks of rows that some units want: one
 * row that stays locked, wanted by one unit or by eight, and a row that is locked anew twice a second for three seconds.
 * Windows with and without locked rows take turns. `only` names scenes.
 */
export async function run({
  rounds = ROUNDS,
  callers: [callers = CALLERS] = [],
  only,
  mysql,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const scenes = Object.entries(SCENES).filter(([name]) => only === undefined || only.includes(name));
  const cluster = await openWriteCluster({ shards: 1, ...(mysql === undefined ? {} : { mysql }), progress });
  const [shard] = cluster.shards;
  try {
    await makeTable(shard!);
    const journal = new Journal();
    const load = new Load(cluster.router, shard!.id, journal, callers);
    const locks = new Locks(shard!);
    const stage: Stage = { ...cluster, shard: shard!.id, journal, load, locks, windowMs: WINDOW_MS };
    let windows: Readonly<Record<string, readonly Beside[]>>;
    try {
      windows = await playInTurn(stage, scenes, rounds, progress);
    } finally {
      await load.end();
      await locks.close();
    }
    journal.compare(await written(shard!));
    const figures = Object.fromEntries(
      Object.entries(windows).map(([name, besides]) => [name, figuresOf(besides)]),
    );
    return {
      table: [`MySQL ${cluster.serverVersion}, 1 server, ${callers} callers`, '', tableOf(figures)].join(
        '\n',
      ),
      json: { mysql: cluster.serverVersion, callers, rounds, windowMs: WINDOW_MS, ...rounded(figures) },
    };
  } finally {
    await cluster.close();
  }
}

/** Plays all scenes in each round, a calm window before and after each; each round begins with another one. */
async function playInTurn(
  stage: Stage,
  scenes: readonly (readonly [string, Scene])[],
  rounds: number,
  progress: (message: string) => void,
): Promise<Record<string, Beside[]>> {
  const windows = Object.fromEntries(scenes.map(([name]) => [name, [] as Beside[]]));
  // The first windows of a process are slow.
  await calm(stage);
  let before = await calm(stage);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < scenes.length; turn += 1) {
      const [name, play] = scenes[(round + turn) % scenes.length]!;
      const scene = await play(stage);
      const after = await calm(stage);
      windows[name]!.push({ scene, before, after });
      progress(`${name}: ${describe(scene)}; calm: ${describe(before)} and ${describe(after)}`);
      before = after;
    }
  }
  return windows;
}

function describe({ perSecond, p99, failed }: Window): string {
  return `${perSecond.toFixed(0)} a second, p99 ${p99.toFixed(0)} ms${failed > 0 ? `, ${failed} failed` : ''}`;
}
