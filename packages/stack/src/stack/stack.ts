import { resolve } from 'node:path';
import { openClock, type StackClock } from '../clock/clock.ts';
import { StackStateError } from '../errors.ts';
import type { PartName } from '../parts/part-name.ts';
import type { Guardian } from '../process/guardian.ts';
import { downStack } from './down.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';
import { CHECKOUT_ROOT, readState, stackDirOf, StateFile, type StackState } from './state.ts';

/** A running stack. */
export interface Stack {
  readonly name: string;
  /** Its folder, with the env file, logs and data. */
  readonly dir: string;
  /** The variables with which the project's processes run on it. */
  readonly env: Record<string, string>;
  readonly parts: readonly ServerHandle[];
  /** The clock of its MySQL servers, or of processes only, when it was started with `clock`. */
  readonly clock: StackClock | undefined;
  /** Returns the server with an id: `mysql-0`, `replica-0`, `kafka`, `mongodb` (and `mongodb-1`, …), `redis`, `connect`. */
  part(id: string): ServerHandle;
  /** Ends every server of the stack and removes its data. The user's own servers are left alone. */
  stop(): Promise<void>;
}

/** The handle of a stack whose state is known; an ephemeral one comes with its guardian. */
export function openStack(state: StackState, guardian?: Guardian, clock = state.clock): Stack {
  const file = StateFile.open(state);
  const handles = Object.keys(state.servers).map((id) => serverHandle(file, id, guardian));
  return {
    name: state.name,
    dir: state.dir,
    env: { ...state.env },
    parts: handles,
    clock: clock && openClock(state.dir, clock),
    part: (id) => {
      const handle = handles.find((candidate) => candidate.id === id);
      if (handle !== undefined) return handle;
      throw new StackStateError(
        `stack "${state.name}" has no "${id}"; it has ${Object.keys(state.servers).join(', ')}`,
      );
    },
    stop: async () => {
      if (guardian !== undefined) await guardian.end();
      else await downStack(resolve(state.dir, '../..'), state.name);
    },
  };
}

/**
 * The handle of a stack that `up` has started.
 * @throws StackStateError when no stack of that name runs
 */
export function attachStack(name = 'default', checkoutRoot: string = CHECKOUT_ROOT): Stack {
  const state = readState(stackDirOf(resolve(checkoutRoot), name));
  if (state?.phase === 'running') return openStack(state);
  throw new StackStateError(
    `no stack "${name}" is running here; start it: npm run stack -- up --name ${name}`,
  );
}

/** The servers of one part. */
export function serversOf(stack: Stack, part: PartName): ServerHandle[] {
  return stack.parts.filter((handle) => handle.part === part);
}
