import type { Fault } from './fault.ts';
import { cutAfter, cutBefore, cutDuring, cutLate } from './kinds/cut.ts';
import { freeze, freezeKey } from './kinds/freeze.ts';
import { killServer } from './kinds/kill-server.ts';
import { killWriter } from './kinds/kill-writer.ts';
import { keyWait, lockWait } from './kinds/lock-wait.ts';
import { move } from './kinds/move.ts';
import { poison } from './kinds/poison.ts';

/** Every kind of fault of this run. */
export const KINDS: readonly Fault[] = [
  cutBefore,
  cutDuring,
  cutAfter,
  cutLate,
  killServer,
  killWriter,
  poison,
  freeze,
  freezeKey,
  move,
  lockWait,
  keyWait,
];
