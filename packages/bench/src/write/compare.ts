import { median } from '../measure/statistics.ts';
import type { ContenderKind } from './contender.ts';
import type { RoundFigures, Runner } from './rounds.ts';

/** One contender's rounds; round n of one ran right beside round n of the others. */
export interface Played {
  readonly name: string;
  readonly kind: ContenderKind;
  readonly rounds: readonly RoundFigures[];
}

/** Medians over the rounds. Latencies in milliseconds. */
export interface ContenderFigures {
  readonly name: string;
  readonly kind: ContenderKind;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Its orders per second ÷ those of the best builder: the median of the rounds' ratios. */
  readonly ratioToBest: number | null;
}

/**
 * Ours beside the best builder (the one with most orders per second) and the floor. Rates are orders per second. Ratios
 * are medians of the rounds' ratios; those of latencies are ours ÷ the best builder's. What did not take part is null.
 */
export interface CallersFigures {
  readonly ours: number | null;
  readonly best: number | null;
  readonly bestName: string | null;
  readonly floor: number | null;
  readonly ratioToBest: number | null;
  readonly ratioToFloor: number | null;
  readonly p50Ratio: number | null;
  readonly p99Ratio: number | null;
  readonly contenders: readonly ContenderFigures[];
}

/**
 * Plays rounds of all runners in turn, so that a drift of the machine hits all. Each round begins with another runner. The
 * first round of each does not count.
 */
export async function playRounds(
  runners: readonly Runner[],
  callers: number,
  rounds: number,
  roundMs: number,
): Promise<readonly Played[]> {
  const figures = runners.map((): RoundFigures[] => []);
  for (const runner of runners) await runner.round(callers, roundMs);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < runners.length; turn += 1) {
      const at = (round + turn) % runners.length;
      figures[at]!.push(await runners[at]!.round(callers, roundMs));
    }
  }
  return runners.map(({ contender: { name, kind } }, at) => ({ name, kind, rounds: figures[at]! }));
}

export function compare(played: readonly Played[]): CallersFigures {
  const perSecond = (one: Played) => median(one.rounds.map((round) => round.perSecond));
  const best = played
    .filter(({ kind }) => kind === 'builder')
    .toSorted((a, b) => perSecond(b) - perSecond(a))
    .at(0);
  const ours = played.find(({ kind }) => kind === 'ours');
  const floor = played.find(({ kind }) => kind === 'floor');
  return {
    ours: ours === undefined ? null : perSecond(ours),
    best: best === undefined ? null : perSecond(best),
    bestName: best?.name ?? null,
    floor: floor === undefined ? null : perSecond(floor),
    ratioToBest: ratioOf('perSecond', ours, best),
    ratioToFloor: ratioOf('perSecond', ours, floor),
    p50Ratio: ratioOf('p50', ours, best),
    p99Ratio: ratioOf('p99', ours, best),
    contenders: played.map((one) => ({
      name: one.name,
      kind: one.kind,
      perSecond: perSecond(one),
      p50: median(one.rounds.map(({ p50 }) => p50)),
      p99: median(one.rounds.map(({ p99 }) => p99)),
      ratioToBest: ratioOf('perSecond', one, best),
    })),
  };
}

/** The median of the rounds' ratios. */
function ratioOf(
  figure: 'perSecond' | 'p50' | 'p99',
  one: Played | undefined,
  other: Played | undefined,
): number | null {
  if (one === undefined || other === undefined) return null;
  return median(one.rounds.map((round, at) => round[figure] / other.rounds[at]![figure]));
}
