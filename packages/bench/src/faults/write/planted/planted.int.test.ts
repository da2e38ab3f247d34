import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { Seeded } from '../../seeded.ts';
import { Findings } from '../../findings.ts';
import { findBySomeSeed, type Sought } from '../../planted/by-some-seed.ts';
import type { Fault } from '../fault.ts';
import { cutAfter, cutBefore, cutDuring, cutLate, cutting } from '../kinds/cut.ts';
import { killWriter } from '../kinds/kill-writer.ts';
import { keyWait, lockWait } from '../kinds/lock-wait.ts';
import { poison, poisonOf } from '../kinds/poison.ts';
import { play } from '../play.ts';
import { commits, Scene } from '../scene.ts';
import { emptyStore, makeStore } from '../servers.ts';

let namespace: Namespace;
let urls: readonly string[];

beforeAll(async () => {
  namespace = await testNamespace('planted');
  urls = namespace.env['ORDERSHARD_MYSQL_URLS']!.split(',').slice(0, 2);
  await makeStore(urls);
});

afterAll(() => namespace.drop());

/** Does faults to a writer of this folder, and gives what the check found. */
async function faults(writer: string, series: readonly Fault[], seed = 5) {
  const findings = new Findings();
  const scene = await Scene.open({
    servers: { urls, handles: [], end: () => Promise.resolve() },
    random: new Seeded(seed),
    findings,
    router: fileURLToPath(new URL(`${writer}.ts`, import.meta.url)),
  });
  try {
    const tallies = await play(scene, series, () => undefined);
    return { found: findings.all(), tallies: tallies.entries().map(([, tally]) => tally) };
  } finally {
    await scene.close(true);
    await emptyStore(urls);
  }
}

/** The answer to a transaction that has placed orders is lost. */
const answerLost = cutting(
  'answer lost',
  () => ({ when: 'after', how: 'last answer' }),
  (text) => commits(text) && text.includes('idempotency_keys'),
);

const twice = (...kinds: readonly Fault[]) => [...kinds, ...kinds];

test('a writer by hand that has no bug passes', async () => {
  const series = [cutBefore, cutDuring, cutAfter, cutLate, poison, keyWait, lockWait, killWriter];
  const { found, tallies } = await faults('none', series);
  expect(found).toEqual([]);
  for (const { faults: done, landed } of tallies) expect(landed).toBe(done);
});

describe('the check finds', () => {
  test.each<Sought & { bug: string; writer: string; series: readonly Fault[] }>([
    {
      bug: 'an answer before COMMIT',
      writer: 'answer-before-commit',
      kind: 'lost',
      detail: /^(nothing is there of the order|at version)/,
      series: twice(cutBefore, cutDuring),
    },
    {
      bug: 'an unknown outcome resolved by reading',
      writer: 'resolve-by-reading',
      kind: 'duplicated',
      detail: /acknowledged$/,
      series: twice(cutLate, cutLate),
    },
    {
      bug: 'a redo without identity',
      writer: 'redo-without-identity',
      kind: 'duplicated',
      detail: /^order of p-.*: no order of this number was acknowledged$/,
      series: twice(answerLost),
    },
    {
      bug: 'a missing rollback after error 1205',
      writer: 'no-rollback',
      kind: 'duplicated',
      detail: /^line 3 .*: no line of this number was acknowledged$/,
      series: twice(keyWait),
    },
    {
      bug: 'a split that is left out',
      writer: 'no-split',
      kind: 'lost',
      detail: /^nothing is there of the order/,
      series: twice(poison),
    },
    {
      bug: 'INSERT IGNORE',
      writer: 'insert-ignore',
      kind: 'duplicated',
      detail: /cannot be applied was acknowledged$/,
      series: [poisonOf(['too long']), poisonOf(['duplicate']), killWriter],
    },
  ])('$bug', async ({ writer, kind, detail, series }) => {
    const seeded = async (seed: number) => (await faults(writer, series, seed)).found;
    const found = await findBySomeSeed({ kind, detail }, seeded);
    expect(found).toContainEqual(expect.objectContaining({ kind, detail: expect.stringMatching(detail) }));
  });
});
