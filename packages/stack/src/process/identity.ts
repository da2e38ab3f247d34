import { readdirSync, readFileSync } from 'node:fs';

/**
 * Identifies a process, also against a later process with the same pid. `startTime` is the boot id and the start tick of
 * `/proc/PID/stat`, null where there is no /proc (then only the pid counts).
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string | null;
}

/** The fields of `/proc/PID/stat` that are needed. The command name may hold blanks and brackets. */
export function parseProcStat(text: string): { state: string; startTick: string } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTick: fields[19] ?? '' };
}

/**
 * The identity of a living process, or null when there is none with that pid. A zombie counts as none once its last
 * thread is gone: until then a killed server still holds its port and files.
 */
export function identityOf(pid: number): ProcessIdentity | null {
  const stat = readProcFile(`/proc/${pid}/stat`);
  if (stat === null) return hasProc() || !answersSignal(pid) ? null : { pid, startTime: null };
  const { state, startTick } = parseProcStat(stat);
  const ended = state === 'X' || (state === 'Z' && threadsOf(pid) <= 1);
  return ended ? null : { pid, startTime: `${bootId()}/${startTick}` };
}

/** Whether exactly this process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== null && now.startTime === identity.startTime;
}

/** Sends a signal to exactly this process; returns false when it is gone. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch {
    return false;
  }
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

function hasProc(): boolean {
  return readProcFile('/proc/self/stat') !== null;
}

function bootId(): string {
  return readProcFile('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function readProcFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
