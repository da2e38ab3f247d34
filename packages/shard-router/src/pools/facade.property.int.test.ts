import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { FacadeModel, type Sent, UNHEARD } from '../property/facade-model.ts';
import { facadeProgram, type FacadeProgram, type FacadeStep } from '../property/facade-program.ts';
import type { ShardRouter } from '../router.ts';
import { doStep, leaveStream, type Stage } from './facade-steps.fixture.ts';
import { bodies, INSERT, openFacade, taken, type Facade } from './facade.fixture.ts';

/** More with `ORDERSHARD_FACADE_PROGRAMS=2000`, others with `ORDERSHARD_FACADE_SEED=7`. */
const PROGRAMS = Number(process.env['ORDERSHARD_FACADE_PROGRAMS'] ?? 100);
const SEED = Number(process.env['ORDERSHARD_FACADE_SEED'] ?? 20_261_129);

let facade: Facade;
let router: ShardRouter;

beforeAll(async () => {
  facade = await openFacade('programs');
  ({ router } = facade);
});

afterAll(() => facade.cluster.end());

const BEGINS: ReadonlySet<FacadeStep['do']> = new Set(['begin', 'begin to read']);

/** What was done, in the order in which it was sent. */
class Played {
  readonly outcomes: (string | undefined)[] = [];
  readonly sent: Sent[] = [];
  readonly told: Promise<void>[] = [];
  readonly #steps: readonly FacadeStep[];

  constructor(steps: readonly FacadeStep[]) {
    this.#steps = steps;
  }

  do(stage: Stage, row: number): Promise<void> {
    const step = this.#steps[row]!;
    const behind = this.#steps.slice(0, row).flatMap(({ do: what }, at) => {
      return BEGINS.has(what) && this.outcomes[at] === undefined ? [at] : [];
    });
    this.sent.push({ behind, cutBy: undefined });
    if (step.do === 'give back' || step.do === 'destroy') this.cut(step.do);
    const done = doStep(stage, step, row).then((outcome) => {
      this.outcomes[row] = outcome;
      return undefined;
    });
    this.told.push(done);
    return done;
  }

  /** Notes what was not answered when the connection or the scope ended. */
  cut(by: 'give back' | 'destroy'): void {
    for (const [row, sent] of this.sent.entries()) if (this.outcomes[row] === undefined) sent.cutBy ??= by;
  }
}

/** Plays a program: what was against the model. */
async function play({ steps, leaves, last }: FacadeProgram): Promise<string[]> {
  const number = router.drawNumber(0);
  await router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, '']));
  const played = new Played(steps);
  const seen: string[] = [];
  await router.withKey(number, async () => {
    const connection = await taken(router);
    const stage: Stage = { router, connection, number, seen: (body) => seen.push(body) };
    for (const [row, step] of steps.entries()) {
      // The model knows what they have done when all before them is answered.
      if (UNHEARD.has(step.do)) await Promise.all(played.told);
      const done = played.do(stage, row);
      if (step.awaited) await done;
    }
    if (!leaves) await Promise.all(played.told);
    if (last !== 'nothing')
      leaveStream(last.endsWith('pool') ? router.pool : connection, last.startsWith('half'));
    played.cut('give back'); // The scope's end takes it back.
  });
  await Promise.all(played.told);
  const model = new FacadeModel();
  for (const [row, step] of steps.entries()) model.take(step, row, played.sent[row]!, played.outcomes[row]!);
  return [...model.wrong, ...(await against(model, number, seen))];
}

/** What the rows that are there, and those that were seen, have against the model. */
async function against(model: FacadeModel, number: bigint, seen: readonly string[]): Promise<string[]> {
  const [[found = ''] = []] = await bodies(router, number);
  const rowsOf = (body: string) => body.split(',').slice(1).map(Number);
  const told = new Set([...model.there, ...model.uncertain]);
  const lost = [...model.there].filter((row) => !rowsOf(found).includes(row));
  const more = rowsOf(found).filter((row) => !told.has(row));
  const wrong = [];
  if (lost.length > 0) wrong.push(`acknowledged and not there: ${lost.join()}`);
  if (more.length > 0) wrong.push(`there and not acknowledged: ${more.join()}`);
  for (const body of seen) if (!found.startsWith(body)) wrong.push(`${body} was read, and ${found} is there`);
  return wrong;
}

test(
  'random programs end as the model says or are refused by type; every acknowledged write is there, and nothing else',
  async () => {
    await fc.assert(
      fc.asyncProperty(facadeProgram, async (program) => {
        expect(await play(program)).toEqual([]);
      }),
      {
        numRuns: PROGRAMS,
        seed: SEED,
        // A step that is never answered is a failure: it is shrunk and told.
        timeout: 10_000,
        interruptAfterTimeLimit: 20_000 + PROGRAMS * 2_000,
        markInterruptAsFailure: true,
      },
    );
  },
  30_000 + PROGRAMS * 2_000,
);
