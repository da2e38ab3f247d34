import type { FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { bugNamed } from '../planted/bug.ts';
import { resultOf } from '../report.ts';
import { Seeded } from '../seeded.ts';
import { chosen, seriesOf, Tallies } from '../series.ts';
import { checkAll } from './check.ts';
import { Durations } from './durations.ts';
import { KINDS } from './kinds.ts';
import { BUGS } from './planted/bugs.ts';
import { OperatorScene, type RestoredShard } from './scene.ts';

export { BUGS };

const COUNT = 40;
/** After this many faults, and not only at the end, the run compares everything: so a finding belongs to these faults. */
const CHECK_EVERY = 40;
/** A shard that lost more orders has lost many. */
const MANY = 100;

/**
 * Gives right and wrong commands of operators in random order, under load on three shards: stale files, swapped URLs, other
 * names, old plans, wrong clocks, two at once, interruptions, deaths, DDL, backup locks, and shards that come back from
 * backups. After each of them everything has one owner and is written again. At times and at the end the run compares every
 * row and event with what was acknowledged.
 */
export async function run({
  count = COUNT,
  seed,
  only,
  mysql,
  planted,
  progress,
}: FaultRunOptions): Promise<FaultResult> {
  if (planted !== undefined) bugNamed(BUGS, planted);
  const random = new Seeded(seed);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const series = seriesOf(chosen(KINDS, only), count, random);
  const durations = new Durations();
  const scene = await OperatorScene.open({ mysql, random, findings, planted, progress });
  try {
    const tallies = new Tallies();
    const { journal, client } = scene.crew;
    const result = (redelivered: number, summary: string) =>
      resultOf(tallies, findings, { redelivered, acknowledged: journal.acknowledged, planted, summary });
    for (const [index, fault] of series.entries()) {
      let evidence: string | undefined;
      try {
        await durations.of('recovering', () => scene.recovered());
        evidence = await durations.of(fault.name, () => fault.happen(scene));
      } catch (error) {
        findings.add('failed', fault.name, `no other fault can be done: ${String(error)}`);
        return result(0, `ended by fault ${index + 1}; nothing was compared`);
      }
      tallies.add(fault.name, evidence);
      progress(
        `${index + 1}: ${fault.name}, ${durations.last} s: ${evidence ?? 'cannot be proved'}; ${findings.all().length} found, ${scene.crew.journal.acknowledged} acknowledged`,
      );
      // Of a bug it is enough to know that it is found.
      if (planted !== undefined && findings.all().length > 0)
        return result(0, `the bug was found by fault ${index + 1}; nothing was compared`);
      if ((index + 1) % CHECK_EVERY === 0 && index + 1 < series.length) {
        await durations.of('comparing', () => scene.atRest(() => checkAll(scene)));
        progress(`all was compared, ${durations.last} s; ${findings.all().length} found`);
      }
    }
    await scene.recovered();
    await scene.rest();
    const events = await checkAll(scene);
    // A run that is to find a bug is too short for that.
    if (planted === undefined) judgeRestores(scene.restores, findings);
    const again = [...client.askedAgain].map(([code, times]) => `${code} ${times}`);
    return result(
      events.redelivered,
      [
        `${journal.acknowledged} requests acknowledged, ${journal.orders.size} orders, ${scene.touched.size} of them on shards that were restored and changed since the backup; ${events.events} events; asked again: ${again.join(', ') || 'none'}`,
        restoresText(scene.restores),
        `seconds: ${durations.text}`,
      ].join('\n'),
    );
  } finally {
    await scene.close();
  }
}

/** At least a third of the restores have to lose many, or the run shows too little. */
function judgeRestores(restores: readonly RestoredShard[], findings: Findings): void {
  const many = restores.filter(({ lost }) => lost > MANY).length;
  if (3 * many < restores.length)
    findings.add('misjudged', 'restores', `${many} of ${restores.length} lost more than ${MANY} orders`);
}

function restoresText(restores: readonly RestoredShard[]): string {
  const sum = (of: 'lost' | 'listed' | 'published') => restores.reduce((all, each) => all + each[of], 0);
  const many = restores.filter(({ lost }) => lost > MANY).length;
  return `${restores.length} restores, ${many} of more than ${MANY} orders; ${sum('lost')} orders were placed since the backups; listed ${sum('listed')}, published by the check's count ${sum('published')}`;
}
