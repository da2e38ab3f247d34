import type { ClockEnv } from '../clock/clock.ts';
import type { Guardian } from '../process/guardian.ts';
import type { DockerEngine } from '../ways/docker/engine.ts';
import type { Settings } from '../settings.ts';
import type { StackShape, StateFile } from './state.ts';

/** Called while a stack starts, with the part and what happens to it. */
export type Progress = (message: string) => void;

/** What all starts of parts share. */
export interface StartContext {
  readonly file: StateFile;
  readonly shape: StackShape;
  readonly guardian: Guardian;
  readonly settings: Settings;
  readonly report: Progress;
  /** Variables of the clock that the stack's MySQL servers use, if they have one of their own. */
  readonly clock: ClockEnv | undefined;
  /** The time zone that the stack's MySQL servers run in; their default unless given. */
  readonly timeZone: string | undefined;
  /** The container engine, looked for once. @throws FetchFailedError when none answers */
  engine(): Promise<DockerEngine>;
}
