import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackStateError } from '../errors.ts';

/** Environment variables that make a process use a clock. */
export type ClockEnv = Readonly<Record<string, string>>;

/**
 * The clock of a stack's MySQL servers, and of every process that is started with its variables. It runs at real speed, and
 * can be set ahead while they run. Only the time of day moves: timers, time-outs and everything else that uses the monotonic
 * clock go on unchanged.
 */
export interface StackClock {
  /** For `startProcess` and `runProcess`. */
  readonly env: ClockEnv;
  /** The time that the clock shows now. This process itself does not use the clock. */
  now(): Date;
  /** Sets the clock ahead, at once for everything that uses it. @throws StackStateError for a time that is past */
  jumpTo(when: Date): void;
  /** Returns the variables of a clock that is always `aheadMs` milliseconds ahead of this one (or behind, if negative). */
  skewed(aheadMs: number): ClockEnv;
}

const FILE = 'clock';

/** The variables of a clock whose file lies at `path`. */
function envOf(library: string, path: string): ClockEnv {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: path,
    // The file is read at each look at the time (2 to 3 microseconds): else some processes see a jump up to a second later
    // than others.
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // Debian builds it with a work-around that makes timed waits on condition variables return at once: mysqld then
    // takes a whole core for nothing.
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
    NO_FAKE_STAT: '1',
  };
}

/** Makes the clock of a stack, which shows real time until its first jump. A clock that exists already goes on. */
export function makeClock(stackDir: string, library: string): ClockEnv {
  const path = join(stackDir, FILE);
  if (!existsSync(path)) writeOffset(path, 0);
  return envOf(library, path);
}

/** The clock of a stack that has one. */
export function openClock(stackDir: string, env: ClockEnv): StackClock {
  const path = join(stackDir, FILE);
  /** By file: how far each skewed clock is ahead of this one. */
  const skews = new Map<string, number>();
  const offset = (): number => Number(readFileSync(path, 'utf8')) * 1_000;
  return {
    env,
    now: () => new Date(Date.now() + offset()),
    jumpTo: (when) => {
      const wanted = when.getTime() - Date.now();
      if (!(wanted >= offset())) {
        throw new StackStateError(`the clock of ${stackDir} is past ${when.toISOString()} already`);
      }
      writeOffset(path, wanted);
      for (const [file, ahead] of skews) writeOffset(file, wanted + ahead);
    },
    skewed: (aheadMs) => {
      const file = `${path}${aheadMs < 0 ? '-' : '+'}${Math.abs(aheadMs)}`;
      skews.set(file, aheadMs);
      writeOffset(file, offset() + aheadMs);
      return envOf(env['LD_PRELOAD'] ?? '', file);
    },
  };
}

/**
 * Writes the offset in seconds with a sign, as the library reads it; whole or not at all, since the library may read it at
 * any moment.
 */
function writeOffset(path: string, ms: number): void {
  const text = `${ms < 0 ? '-' : '+'}${(Math.abs(ms) / 1_000).toFixed(3)}\n`;
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
