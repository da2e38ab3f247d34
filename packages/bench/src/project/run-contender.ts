import type { Task } from './contender.ts';
import { floor } from './contenders/floor.ts';
import { ours } from './contenders/ours.ts';
import { perMessage } from './contenders/per-message.ts';
import { zeroFloor } from './contenders/zero-floor.ts';

/** A process of its own for one round of one contender. Its last line says how it went. */
const task = JSON.parse(process.argv[2]!) as Task;
const run = {
  ours: () => ours(task),
  floor: () => floor(task, false),
  floorGated: () => floor(task, true),
  perMessage: () => perMessage(task),
  zeroPayload: () => ours(task, 'events'),
  zeroFloor: () => zeroFloor(task),
}[task.contender];
const outcome = await run();
process.stdout.write(`${JSON.stringify({ msg: 'done', ...outcome })}\n`);
process.exit(0);
