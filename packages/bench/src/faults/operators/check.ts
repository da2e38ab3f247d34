import { until } from '../until.ts';
import { checkRows } from '../move/check-rows.ts';
import { allRelayed, checkEvents, type EventCounts } from '../move/events.ts';
import { versionsOfOwners } from './rows-of.ts';
import type { OperatorScene } from './scene.ts';

const PATIENCE_MS = 600_000;

/**
 * Compares all rows and events of all shards with what was acknowledged, when nothing is written any more. Orders of restored
 * shards must have what was published or was in the backup, and nothing that was never acknowledged.
 */
export async function checkAll(scene: OperatorScene): Promise<EventCounts> {
  const { store, crew, findings, touched, brokers, topic } = scene;
  const isTouched = (number: string) => touched.has(number);
  await checkRows(store.urls, crew.journal, findings, isTouched);
  const versions = await versionsOfOwners(store.urls, [...touched.keys()]);
  for (const [number, at] of touched) {
    const version = versions.get(number) ?? 0;
    const now = crew.versionOf(number);
    const [least, most] = at.least === undefined ? [now, now] : [at.least, at.most];
    if (version < least)
      findings.add('lost', number, `at version ${version}, published or backed up at ${least}`);
    if (version > most) findings.add('duplicated', number, `at version ${version}, acknowledged ${most}`);
  }
  await until('all to be relayed', () => allRelayed(store.urls), PATIENCE_MS);
  return checkEvents(store.urls, brokers, topic, findings, isTouched);
}
