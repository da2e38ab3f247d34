import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { resultOf } from '../report.ts';
import { Seeded } from '../seeded.ts';
import { chosen, seriesOf, Tallies } from '../series.ts';
import { checkAll } from './check.ts';
import { KINDS } from './kinds.ts';
import { OperatorScene } from './scene.ts';

const COUNT = 40;

/**
 * Right and wrong commands of operators in random order, under load on three shards: stale files, swapped URLs, other names,
 * old plans, two at once, interruptions, deaths, DDL, backup locks, and shards that come back from backups. After each,
 * everything has one owner; at the end every row and event is compared with what was acknowledged.
 */
export async function run({
  count = COUNT,
  seed,
  only,
  mysql,
  progress,
}: FaultRunOptions): Promise<FaultResult> {
  const random = new Seeded(seed);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const series = seriesOf(chosen(KINDS, only), count, random);
  const scene = await OperatorScene.open({ mysql, random, findings, progress });
  try {
    const tallies = new Tallies();
    for (const [index, fault] of series.entries()) {
      await scene.recovered();
      const evidence = await fault.happen(scene);
      tallies.add(fault.name, evidence);
      progress(`${index + 1}: ${fault.name}: ${evidence ?? 'cannot be proved'}`);
    }
    await scene.recovered();
    await scene.rest();
    const events = await checkAll(scene);
    const { journal, client } = scene.crew;
    const again = [...client.askedAgain].map(([code, times]) => `${code} ${times}`);
    return resultOf(tallies, findings, {
      redelivered: events.redelivered,
      acknowledged: journal.acknowledged,
      summary: `${journal.acknowledged} requests acknowledged, ${journal.orders.size} orders, ${scene.touched.size} of them on shards that were restored and changed since the backup; ${events.events} events; asked again: ${again.join(', ') || 'none'}`,
    });
  } finally {
    await scene.close();
  }
}
