import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { STACK_MARK } from '../process/guardian-protocol.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../process/identity.ts';
import { withLock } from '../process/lock.ts';
import { terminate } from '../process/terminate.ts';
import { endContainers } from '../ways/docker/end.ts';
import { readState, stackDirOf, stackNames, StateFile, type StackState } from './state.ts';

/** How long servers get to end by themselves, milliseconds. */
const GRACE_MS = 15_000;

/** The result of ending a stack. */
export interface DownResult {
  readonly name: string;
  /** Whether there was anything of that name. */
  readonly found: boolean;
  readonly ended: number;
}

/**
 * Ends a stack, or what a crash has left of it: the guardian if it still runs, the servers of the state file, and every other
 * process that carries the mark of its folder. Removes its data unless `keepData`.
 */
export async function downStack(
  checkoutRoot: string,
  name: string,
  options: { readonly keepData?: boolean } = {},
): Promise<DownResult> {
  const dir = stackDirOf(checkoutRoot, name);
  const first = readState(dir);
  // A process that is starting the stack, or owns an ephemeral one, holds it by its guardian. Ending the guardian ends all
  // cleanly.
  if (first?.guardian && isAlive(first.guardian)) await terminate([first.guardian], GRACE_MS * 2);
  return withLock(dir, async () => {
    const state = readState(dir);
    const known = first !== null || state !== null || stackNames(checkoutRoot).includes(name);
    const ended = await endAll(dir, state, options.keepData === true);
    const found = known || ended > 0;
    if (options.keepData === true && state !== null && !state.ephemeral) markStopped(state);
    else rmSync(dir, { recursive: true, force: true });
    return { name, found, ended };
  });
}

async function endAll(dir: string, state: StackState | null, keepData: boolean): Promise<number> {
  const known = Object.values(state?.servers ?? {}).flatMap((record) =>
    record.process ? [record.process] : [],
  );
  const living = [...known.filter(isAlive), ...strays(dir, known)];
  const containers = endContainers(dir, state, keepData);
  await terminate(living, keepData ? GRACE_MS : GRACE_MS / 3);
  return living.length + (await containers);
}

/** Processes whose environment names the stack's folder but which its state does not know. */
export function strays(dir: string, known: readonly ProcessIdentity[]): ProcessIdentity[] {
  const mark = `${STACK_MARK}=${dir}`;
  const pids = new Set(known.map((identity) => identity.pid));
  return processIds().flatMap((pid) => {
    if (pid === process.pid || pids.has(pid) || !environmentOf(pid).includes(mark)) return [];
    const identity = identityOf(pid);
    return identity === null ? [] : [identity];
  });
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function markStopped(state: StackState): void {
  const servers = Object.entries(state.servers).map(([id, record]) => [
    id,
    record.process ? { ...record, process: null } : record,
  ]);
  StateFile.create({
    ...state,
    servers: Object.fromEntries(servers) as StackState['servers'],
    phase: 'stopped',
    starter: null,
    guardian: null,
  });
}

/** Removes ephemeral stacks whose starter and guardian are both gone. */
export async function sweepDeadEphemeral(checkoutRoot: string): Promise<void> {
  for (const name of stackNames(checkoutRoot)) {
    const state = readState(stackDirOf(checkoutRoot, name));
    const held = [state?.starter, state?.guardian].some((holder) => holder && isAlive(holder));
    if (state?.ephemeral === true && !held) await downStack(checkoutRoot, name);
  }
}
