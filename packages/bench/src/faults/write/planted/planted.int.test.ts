import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { Seeded } from '../../seeded.ts';
import { type FindingKind, Findings } from '../check/findings.ts';
import type { Fault } from '../fault.ts';
import { cutAfter, cutBefore, cutDuring, cutLate } from '../kinds/cut.ts';
import { killWriter } from '../kinds/kill-writer.ts';
import { keyWait, lockWait } from '../kinds/lock-wait.ts';
import { poison } from '../kinds/poison.ts';
import { play } from '../play.ts';
import { Scene } from '../scene.ts';
import { emptyStore, makeStore } from '../servers.ts';

let namespace: Namespace;
let urls: readonly string[];

beforeAll(async () => {
  namespace = await testNamespace('planted');
  urls = namespace.env['ORDERSHARD_MYSQL_URLS']!.split(',').slice(0, 2);
  await makeStore(urls);
});

afterEach(() => emptyStore(urls));

afterAll(() => namespace.drop());

/** Does faults to a writer of this folder, and gives how much the check found of each kind. */
async function faults(writer: string, series: readonly Fault[]): Promise<Record<FindingKind, number>> {
  const findings = new Findings();
  const scene = await Scene.open({
    servers: { urls, handles: [], end: () => Promise.resolve() },
    random: new Seeded(5),
    findings,
    router: fileURLToPath(new URL(`${writer}.ts`, import.meta.url)),
  });
  try {
    const tallies = await play(scene, series, () => undefined);
    const found = (kind: FindingKind) => findings.count(kind);
    const result = { lost: found('lost'), duplicated: found('duplicated'), mismatched: found('mismatched') };
    if (writer === 'none') {
      expect(findings.all()).toEqual([]);
      for (const { faults: done, landed } of tallies.values()) expect(landed).toBe(done);
    }
    return result;
  } finally {
    await scene.close(true);
  }
}

const twice = (...kinds: readonly Fault[]) => [...kinds, ...kinds];

test('a writer by hand that has no bug passes', async () => {
  const series = [cutBefore, cutDuring, cutAfter, cutLate, poison, keyWait, lockWait, killWriter];
  expect(await faults('none', series)).toEqual({ lost: 0, duplicated: 0, mismatched: 0 });
});

describe('the check finds', () => {
  test.each<[what: string, writer: string, kind: FindingKind, series: readonly Fault[]]>([
    ['an answer before COMMIT', 'answer-before-commit', 'lost', twice(cutBefore, cutDuring)],
    ['an unknown outcome resolved by reading', 'resolve-by-reading', 'duplicated', twice(cutLate, cutLate)],
    ['a redo without identity', 'redo-without-identity', 'duplicated', twice(cutAfter, cutAfter)],
    ['a missing rollback after error 1205', 'no-rollback', 'mismatched', twice(keyWait)],
    ['a split that is left out', 'no-split', 'lost', twice(poison)],
    ['INSERT IGNORE', 'insert-ignore', 'duplicated', twice(poison, killWriter)],
  ])('%s', async (_, writer, kind, series) => {
    const found = await faults(writer, series);
    expect(found[kind]).toBeGreaterThan(0);
  });
});
