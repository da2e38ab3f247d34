import { type EpochOpening, lowestNumberAt, type OpeningStep, readOpenings } from '@ordershard/shard-router';
import { isRunning } from '../write/kinds/running.ts';
import { until } from '../until.ts';
import { checkOpen, fencesText } from './fences.ts';
import { killedOpener } from './opener.ts';
import type { EpochScene } from './scene.ts';

const BEGINS_IN_MS = 65_000;
/** After this time an undecided opening is aborted, and the process that held the shards no longer holds them. */
const LATE_MS = 31_000;

/** The step at which an opener dies, and the weight that it was to give each shard. */
export interface Death extends OpeningStep {
  /** By shard; 1 unless given. */
  readonly weights: readonly (readonly [shard: number, weight: number])[];
}

/** While there are two shards, one a day: at each step that is durable. At the end both have half again. */
export const DEATHS_OF_TWO: readonly Death[] = [
  { step: 'noted', shard: 0, weights: [[0, 2]] },
  { step: 'prepared', shard: 0, weights: [[0, 2]] },
  { step: 'decided', shard: 0, weights: [[0, 2]] },
  { step: 'noted', shard: 1, weights: [[1, 2]] },
  { step: 'followed', shard: 0, weights: [[1, 2]] },
  { step: 'prepared', shard: 1, weights: [] },
  { step: 'followed', shard: 1, weights: [] },
];

/**
 * Deaths with three shards, before the epoch is opened that gives the third its part: each between two shards' preparations.
 */
export const DEATHS_OF_THREE: readonly Death[] = [0, 1, 2].map((shard) => ({
  step: 'prepared',
  shard,
  weights: [],
}));

/**
 * An opener is killed after a step. The routers must end what it began: all as before, or the epoch open, and no shard
 * that stays shut.
 *
 * @returns what proves that it died there
 */
export async function dieAfter(
  scene: EpochScene,
  { weights, ...waitAfter }: Death,
): Promise<string | undefined> {
  const { store, findings, clock } = scene;
  const name = `opener killed after ${waitAfter.step} on shard ${waitAfter.shard}`;
  const before = await fencesText(scene.urls);
  const earliest = lowestNumberAt(clock.now().getTime());
  const pid = await killedOpener(store, { beginsInMs: BEGINS_IN_MS, weights, waitAfter });
  const gone = !isRunning(pid);
  const left = await openingSince(scene, earliest);
  scene.jumpAhead(LATE_MS);
  let opening = left;
  await until(`what is left of an ${name} to be settled`, async () => {
    opening = await openingSince(scene, earliest);
    return opening?.settled === true;
  });
  const { state, from } = opening!;
  const expected = waitAfter.step === 'noted' || waitAfter.step === 'prepared' ? 'aborted' : 'active';
  if (state !== expected) findings.add('mismatched', name, `the epoch is ${state}, not ${expected}`);
  if (state === 'aborted' && (await fencesText(scene.urls)) !== before)
    findings.add('mismatched', name, 'the fences are not what they were before');
  await checkOpen(scene.urls, lowestNumberAt(clock.now().getTime()), name, findings);
  await checkOpen(scene.urls, from, `${name}, in the epoch`, findings);
  await scene.lookAtMap();
  if (state === 'active') scene.jumpAhead(BEGINS_IN_MS);
  // The opener waited at this step when it was killed. A router may have settled a decided opening before anyone looked.
  return gone && left !== undefined
    ? `process ${pid} is gone; the epoch was ${left.state} and is ${state}`
    : undefined;
}

/** The opening whose epoch begins after a number. */
async function openingSince(scene: EpochScene, number: bigint): Promise<EpochOpening | undefined> {
  const openings = await scene.onCluster(readOpenings);
  return openings.find(({ from }) => from > number);
}
