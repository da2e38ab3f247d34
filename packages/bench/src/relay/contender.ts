import type { Place, RelayScene } from './scene.ts';

/** What a contender is started with. */
export interface RelayStart {
  readonly scene: RelayScene;
  /** Before the name of the topic. */
  readonly prefix: string;
  /** The tables that hold rows. */
  readonly places: readonly Place[];
}

/** A relay at work. */
export interface RunningRelay {
  /** Process ids of the contender's own processes. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** A way to relay the outbox tables. */
export interface RelayContender {
  readonly name: string;
  start(start: RelayStart): Promise<RunningRelay>;
}

/** Partitions of the topic. */
export const PARTITIONS = 6;
