import type { ClockEnv } from '../clock/clock.ts';
import type { Guardian } from '../process/guardian.ts';
import type { DockerEngine } from '../ways/docker/engine.ts';
import type { Settings } from '../settings.ts';
import type { StackShape, StateFile } from './state.ts';

/** Told while a stack starts: which part, and what happens to it. */
export type Progress = (message: string) => void;

/** What the starting of parts shares. */
export interface StartContext {
  readonly file: StateFile;
  readonly shape: StackShape;
  readonly guardian: Guardian;
  readonly settings: Settings;
  readonly report: Progress;
  /** Of the clock that the stack's MySQL servers live by, if they have one of their own. */
  readonly clock: ClockEnv | undefined;
  /** That its MySQL servers run in; theirs unless given. */
  readonly timeZone: string | undefined;
  /** The container engine, looked for once. @throws FetchFailedError when none answers */
  engine(): Promise<DockerEngine>;
}
