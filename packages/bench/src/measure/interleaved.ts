import { type Interval, median, medianInterval } from './statistics.ts';

/** One round of a thing that is measured: resolves to its rate, units per second. */
export type Round = () => Promise<number>;

/** Two things side by side. `ratio` is subject ÷ baseline. */
export interface Comparison {
  readonly subject: number;
  readonly baseline: number;
  readonly ratio: number;
  readonly interval: Interval;
  readonly blocks: number;
}

/**
 * Compares two rates in blocks of four short rounds, A B B A, so that whatever drifts on the machine hits both. The
 * ratio is the median of the blocks' ratios.
 */
export async function compareInterleaved(
  subject: Round,
  baseline: Round,
  blocks: number,
): Promise<Comparison> {
  // Both are warm before anything counts.
  for (let i = 0; i < 3; i += 1) {
    await subject();
    await baseline();
  }
  const rates = { subject: [] as number[], baseline: [] as number[], ratio: [] as number[] };
  for (let block = 0; block < blocks; block += 1) {
    const first = await subject();
    const second = await baseline();
    const third = await baseline();
    const fourth = await subject();
    rates.subject.push(first, fourth);
    rates.baseline.push(second, third);
    rates.ratio.push((first + fourth) / (second + third));
  }
  return {
    subject: median(rates.subject),
    baseline: median(rates.baseline),
    ratio: median(rates.ratio),
    interval: medianInterval(rates.ratio),
    blocks,
  };
}

/** A round in which some callers each do one thing after the other, for a time. */
export function callersRound(
  callers: number,
  roundMs: number,
  once: (caller: number) => Promise<unknown>,
): Round {
  return async () => {
    const start = performance.now();
    const end = start + roundMs;
    let done = 0;
    await Promise.all(
      Array.from({ length: callers }, async (_, caller) => {
        while (performance.now() < end) {
          await once(caller);
          done += 1;
        }
      }),
    );
    return (done / (performance.now() - start)) * 1_000;
  };
}
