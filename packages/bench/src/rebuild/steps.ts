import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnProcess } from '@ordershard/stack';
import { type ReadModelScene, until } from './scene.ts';

interface Written {
  readonly _id: string;
  readonly copied: number;
  readonly carriedOver: number;
}

/** The collection that the first rebuild fills. */
export const NEW = 'order_views_b1';

export interface FillOptions {
  /** Views that the fill comes to, about. */
  readonly count: number;
  readonly kills: number;
  readonly say: (what: string) => void;
}

export interface Filled {
  /** Views a second while it filled, start-up of processes left out. */
  readonly perSecond: number;
  /** How often it was killed. */
  readonly kills: number;
  readonly copied: number;
  readonly carriedOver: number;
}

/** Rebuilds, killed with -9 at equal parts of the way and resumed each time. */
export async function rebuildKilled(
  scene: ReadModelScene,
  { count, kills, say }: FillOptions,
): Promise<Filled> {
  const progress = scene.db.collection<Written>('read_model_progress');
  const written = async () => {
    const found = await progress.findOne({ _id: `rebuild ${NEW}` });
    return found === null ? 0 : found.copied + found.carriedOver;
  };
  const fast = ['--chunk', '2000', '--rate', '1000000'];
  let ms = 0;
  let killed = 0;
  for (let run = 0; run <= kills; run += 1) {
    const at = await written();
    const ending = new AbortController();
    const command = scene.readModel(['rebuild', run === 0 ? 'start' : 'resume', ...fast], ending.signal);
    await until('the fill to go on', async () => (await written()) > at, 600_000);
    const begun = performance.now();
    if (run < kills) {
      const part = Math.round(((run + 1) * count) / (kills + 1));
      await until(`${part} to be written`, async () => (await written()) >= part, 600_000);
      ending.abort();
    }
    const { signal, json, stderr } = await command;
    ms += performance.now() - begun;
    if (signal === 'SIGKILL') killed += 1;
    const now = await written();
    say(`${now} views are written${signal === 'SIGKILL' ? ', and the fill is killed' : ''}`);
    if (run < kills) continue;
    if (json['phase'] !== 'done') throw new Error(`the fill did not end: ${stderr}`);
    return {
      perSecond: (now / ms) * 1_000,
      kills: killed,
      copied: Number(json['copied']),
      carriedOver: Number(json['carriedOver']),
    };
  }
  throw new Error('not reached');
}

/** How long one API process at least stands still after the other has learnt of the switch. */
const LATER_MS = 1_500;

/** Switches while one of two API processes stands still; returns how much later that one learnt of it. */
export async function switchApart(
  scene: ReadModelScene,
  [first, second]: readonly OwnProcess[],
  say: (what: string) => void,
): Promise<{ readonly ms: number }> {
  const control = scene.db.collection<{ _id: string; serving?: string; epoch: number }>('projections');
  const readers = scene.db.collection<{ _id: string; role: string; epoch: number }>('projection_instances');
  const switching = scene.command(['rebuild', 'switch', '--rate', '1000000']);
  let ended = false;
  switching.then(
    () => (ended = true),
    () => (ended = true),
  );
  let stopped = false;
  let learnt = 0;
  let apart = Number.NaN;
  try {
    await until(
      'the switch',
      async () => {
        const seen = await control.findOne({ _id: 'order_views' });
        if (!stopped && seen?.serving === NEW) {
          process.kill(second!.pid, 'SIGSTOP');
          stopped = true;
        }
        return stopped || ended;
      },
      1_200_000,
    );
    const behind = async () => {
      const { epoch = 0 } = (await control.findOne({ _id: 'order_views' })) ?? {};
      return readers.countDocuments({ role: 'reader', epoch: { $lt: epoch } });
    };
    if (stopped && !ended) {
      await until('one API to learn of it', async () => (await behind()) <= 1 || ended);
      learnt = performance.now();
      await sleep(LATER_MS);
      process.kill(second!.pid, 'SIGCONT');
      await until('the other to learn of it', async () => (await behind()) === 0 || ended);
      apart = performance.now() - learnt;
    }
  } finally {
    process.kill(second!.pid, 'SIGCONT');
  }
  await switching;
  say(
    `switched; the API processes ${first!.pid} and ${second!.pid} learnt of it ${Math.round(apart)} ms apart`,
  );
  return { ms: apart };
}
