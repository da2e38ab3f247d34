import { textTable } from '../../measure/table.ts';
import type { FaultFigures, FaultRun, FaultRunOptions } from '../fault-run.ts';
import { type Bug, type Bugs, bugNamed, NotPlantedError } from './bug.ts';

/** Faults of each run: enough to find its bug by nearly any seed. */
const COUNT = 3;
/** The share of seeds that have to find a bug. */
const FOUND = 0.9;

/** Which bugs are planted, and how often. */
export interface PlantedOptions extends Pick<FaultRunOptions, 'count' | 'seed' | 'progress'> {
  /** One by its name; all by default. */
  readonly planted?: string | undefined;
  /** How many runs each bug has, by the seeds from `seed` on. */
  readonly seeds: number;
}

/** What came of the runs with one bug. */
export interface PlantedFigures {
  readonly bug: string;
  readonly seeds: number;
  /** How many of them found it. */
  readonly found: number;
  /** What they found, by how often. */
  readonly kinds: Readonly<Record<string, number>>;
}

export interface PlantedResult {
  /** For people. */
  readonly table: string;
  readonly figures: readonly PlantedFigures[];
}

/** Whether each bug was found by nearly every seed. */
export const allFound = ({ figures }: PlantedResult): boolean =>
  figures.every(({ found, seeds }) => found >= FOUND * seeds);

/** Gives the product each bug in turn, and does the faults that are to find it by one seed after the other. */
export async function plantAll(
  faults: FaultRun,
  { planted, seeds, seed, count = COUNT, progress }: PlantedOptions,
): Promise<PlantedResult> {
  const bugs = chosenBugs(faults.BUGS ?? {}, planted);
  const figures: PlantedFigures[] = [];
  for (const [bug, { foundBy }] of bugs) {
    const runs: FaultFigures[] = [];
    for (let at = seed; at < seed + seeds; at += 1) {
      try {
        const one = await faults.run({ count, seed: at, only: foundBy, planted: bug, progress });
        runs.push(one.figures);
        progress(`${bug}, seed ${at}: ${one.figures.violations} violations`);
      } catch (error) {
        // A run that cannot go on has found nothing.
        progress(`${bug}, seed ${at}: ${String(error)}`);
      }
    }
    figures.push({ bug, seeds, ...summed(runs) });
  }
  const rows = figures.map(({ bug, found, kinds }) => [
    bug,
    `${found} of ${seeds}`,
    Object.entries(kinds)
      .map(([kind, times]) => `${kind} ${times}`)
      .join(', '),
  ]);
  return { table: textTable(['bug', 'found', 'as'], rows), figures };
}

function chosenBugs(bugs: Bugs, name: string | undefined): readonly (readonly [string, Bug])[] {
  if (Object.keys(bugs).length === 0) throw new NotPlantedError('this run has no bugs to plant');
  return name === undefined ? Object.entries(bugs) : [[name, bugNamed(bugs, name)]];
}

const KINDS = ['lost', 'duplicated', 'outOfOrder', 'mismatched'] as const;

function summed(runs: readonly FaultFigures[]): Pick<PlantedFigures, 'found' | 'kinds'> {
  const sum = (of: (figures: FaultFigures) => number) => runs.reduce((all, each) => all + of(each), 0);
  const counts = KINDS.map((kind) => [kind, sum((figures) => figures[kind])] as const);
  const violations = sum((figures) => figures.violations);
  const others = violations - counts.reduce((all, [, times]) => all + times, 0);
  return {
    found: runs.filter((figures) => figures.violations > 0).length,
    kinds: Object.fromEntries([...counts, ['other', others] as const].filter(([, times]) => times > 0)),
  };
}
