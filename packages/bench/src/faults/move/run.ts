import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { resultOf } from '../report.ts';
import { Seeded } from '../seeded.ts';
import { chosen, Tallies } from '../series.ts';
import { KINDS } from './kinds.ts';
import { MoveScene } from './scene.ts';

/**
 * Moves buckets under load, and kills mover, source or target with -9 at each recorded step; then another process does
 * `resume` or `rollback`. In between and at the end it compares every row and every event with what was acknowledged. It does
 * all kinds once, in a shuffled order; with `--count` only the first ones.
 */
export async function run({ count, seed, only, mysql, progress }: FaultRunOptions): Promise<FaultResult> {
  const kinds = chosen(KINDS, only);
  const random = new Seeded(seed);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const scene = await MoveScene.open({ mysql, random, findings, progress });
  try {
    const tallies = new Tallies();
    for (const [index, fault] of random.shuffled(kinds).slice(0, count).entries()) {
      await scene.recovered();
      const evidence = await fault.happen(scene);
      tallies.add(fault.name, evidence);
      progress(`${index + 1}: ${fault.name}: ${evidence ?? 'cannot be proved'}`);
    }
    await scene.recovered();
    const events = await scene.check();
    const { journal, client } = scene.crew;
    const again = [...client.askedAgain].map(([code, times]) => `${code} ${times}`);
    return resultOf(tallies, findings, {
      redelivered: events.redelivered,
      acknowledged: journal.acknowledged,
      summary: `${journal.acknowledged} requests acknowledged, ${journal.orders.size} orders, ${events.events} events; asked again: ${again.join(', ') || 'none'}`,
    });
  } finally {
    await scene.close();
  }
}
