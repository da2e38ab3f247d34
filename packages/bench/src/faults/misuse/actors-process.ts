import { connectShardRouter } from '@ordershard/shard-router';
import { Findings } from '../findings.ts';
import { Seeded } from '../seeded.ts';
import { until } from '../until.ts';
import { check } from './check/check.ts';
import { Truth } from './check/truth.ts';
import { CLUSTER, makeCluster } from './cluster.ts';
import { HonestCallers } from './honest/callers.ts';
import { KINDS } from './kinds.ts';
import type { ActorsMessage, ActorsTask, Draw, UseResult } from './messages.ts';
import { messageOf } from './outcome.ts';
import { Claims } from './claims.ts';
import { UseStage } from './stage.ts';

// The process of the actors; actors.ts runs it. It makes the cluster too, so that a planted bug is in the guards of its
// tables as in its router; those who move buckets have none.

const urls = process.env['FAULTS_URLS']!.split(',');
const findings = new Findings((finding) => tell({ finding }));
const shards = await makeCluster(urls);
const router = await connectShardRouter({ clusterId: CLUSTER, shards, mapPollMs: 500, drainMs: 2_000 });
const truth = new Truth(urls);
const claims = new Claims(findings);
const setByHand = new Set<number>();
const callers = new HonestCallers(router, new Seeded(Number(process.env['FAULTS_SEED'])), findings);

process.on('uncaughtException', (error) => findings.add('misjudged', 'uncaught exception', messageOf(error)));
process.on('unhandledRejection', (error) =>
  findings.add('misjudged', 'unhandled rejection', messageOf(error)),
);
process.on('message', (task: ActorsTask) => {
  carryOut(task).then(
    (results) =>
      tell({
        id: task.id,
        results,
        acknowledged: callers.acknowledged,
        askedAgain: [...callers.askedAgain],
      }),
    (error: unknown) =>
      tell({ id: task.id, error: error instanceof Error ? String(error.stack) : String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
await callers.start();
tell({ ready: true });

async function carryOut(task: ActorsTask): Promise<readonly UseResult[]> {
  if (task.task === 'uses') return useWrongly(task.draws, task.calls);
  if (task.task === 'rest') await callers.end();
  else await check(urls, callers.journal, claims, findings);
  return [];
}

async function useWrongly(draws: readonly Draw[], calls: number): Promise<readonly UseResult[]> {
  const before = callers.acknowledged;
  const results = await Promise.all(draws.map((draw) => useOnce(draw)));
  await until('honest callers to have their answers', () => callers.acknowledged >= before + calls);
  return results;
}

async function useOnce({ name, seed }: Draw): Promise<UseResult> {
  const kind = KINDS.find((one) => one.name === name)!;
  const random = new Seeded(seed);
  const stage = new UseStage({ name, router, shards, truth, claims, findings, random, setByHand });
  let evidence: string | undefined;
  try {
    evidence = await kind.happen(stage);
  } catch (error) {
    stage.violation(`what is right in it failed: ${messageOf(error)}`);
  }
  await stage.end();
  return { name, evidence, refused: stage.refused };
}

function tell(message: ActorsMessage): void {
  process.send!(message);
}
