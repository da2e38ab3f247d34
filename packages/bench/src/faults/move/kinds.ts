import { MOVE_STEPS, type MoveStep } from '@ordershard/rebalance';
import { isRunning } from '../write/kinds/running.ts';
import type { MoveScene } from './scene.ts';

/** A fault to a move, and how it is settled afterwards. Resolves to what proves that it happened. */
export interface MoveFault {
  readonly name: string;
  happen(scene: MoveScene): Promise<string | undefined>;
}

type Victim = 'mover' | 'source' | 'target';

/** The steps that a run makes: at the end of each something can die. */
export const WALKED: readonly MoveStep[] = MOVE_STEPS.slice(0, MOVE_STEPS.indexOf('moved') + 1);

/** Every step with every victim, then `resume`, and the same with `rollback`; and movers that wake too late. */
export const KINDS: readonly MoveFault[] = [
  ...(['resume', 'rollback'] as const).flatMap((then) =>
    (['mover', 'source', 'target'] as const).flatMap((victim) =>
      WALKED.map((step): MoveFault => ({
        name: `${victim} killed after ${step}: ${then}`,
        happen: (scene) => dying(scene, step, victim, then),
      })),
    ),
  ),
  ...(['copied', 'verified', 'frozen'] as const).map((step): MoveFault => ({
    name: `mover wakes after its lease at ${step}`,
    happen: (scene) => waking(scene, step),
  })),
];

async function dying(
  scene: MoveScene,
  step: MoveStep,
  victim: Victim,
  then: 'resume' | 'rollback',
): Promise<string | undefined> {
  const plan = await scene.planOne(scene.random.chance(0.25) ? 'keys' : 'numbers');
  const { from, to } = plan.moves[0]!;
  const mover = scene.mover({ action: 'run', plan, waitAfter: step });
  if (!(await mover.waits())) {
    const { how, message } = await mover.ended;
    throw new Error(`a mover ended with ${how} before ${step}: ${message}`);
  }
  const booked = (await scene.booked(plan))?.step;
  let evidence: string | undefined;
  if (victim === 'mover') {
    await mover.kill();
    if (!isRunning(mover.pid)) evidence = `process ${mover.pid} is gone`;
  } else {
    const server = scene.store.handles[victim === 'source' ? from : to]!;
    const before = server.pid;
    await server.kill('SIGKILL');
    const died = before !== undefined && server.pid === undefined;
    mover.goOn();
    await server.restart();
    await mover.ended;
    if (died && server.pid !== before && (await server.illness()) === null)
      evidence = `${server.id}: process ${before} is gone, ${server.pid} answers`;
  }
  await scene.settle(then);
  await scene.checkMove(plan);
  return evidence === undefined ? undefined : `${evidence}; the books said ${booked}`;
}

/** A mover stops for longer than its lease, another one goes on and ends the move, and the first one wakes. */
async function waking(scene: MoveScene, step: MoveStep): Promise<string | undefined> {
  const plan = await scene.planOne('numbers');
  const mover = scene.mover({ action: 'run', plan, waitAfter: step });
  if (!(await mover.waits())) throw new Error(`a mover ended before ${step}: ${(await mover.ended).message}`);
  mover.signal('SIGSTOP');
  await scene.settle('resume');
  const settled = (await scene.booked(plan))?.step;
  mover.signal('SIGCONT');
  mover.goOn();
  const { how } = await mover.ended;
  await scene.checkMove(plan);
  return settled === 'moved' && how !== 'done' && how !== 'killed'
    ? `another mover ended the move; the first one woke and ended with ${how}`
    : undefined;
}
