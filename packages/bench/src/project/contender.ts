/** The task of a contender's process, in its one argument as JSON. */
export interface Task {
  readonly contender: ContenderName;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly mongoUrl: string;
  /** How many events there are to deal with. */
  readonly events: number;
  /** URLs of the shards, separated by commas, for those that read the orders there. */
  readonly mysqlUrls?: string;
}

/** Contenders that get events with their orders. */
export const CONTENDERS = ['ours', 'floor', 'floorGated', 'perMessage'] as const;

/** Contenders that get events without their orders: our projector, and a consumer by hand. */
export const ZERO_CONTENDERS = ['zeroPayload', 'zeroFloor'] as const;

export type ContenderName = (typeof CONTENDERS)[number] | (typeof ZERO_CONTENDERS)[number];

/** From joining the group to the last view stored and the last offset committed. */
export interface Outcome {
  readonly ms: number;
  /** CPU time of the contender's own process, milliseconds. */
  readonly cpuMs: number;
}

/** Notes the time and the CPU time since it was started. */
export class Stopwatch {
  #from = 0;
  #cpu = process.cpuUsage();

  start(): void {
    this.#from = performance.now();
    this.#cpu = process.cpuUsage();
  }

  read(): Outcome {
    const { user, system } = process.cpuUsage(this.#cpu);
    return { ms: performance.now() - this.#from, cpuMs: (user + system) / 1_000 };
  }
}
