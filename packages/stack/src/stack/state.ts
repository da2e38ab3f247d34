import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClockEnv } from '../clock/clock.ts';
import type { PartName } from '../parts/part-name.ts';
import type { Launch } from '../process/guardian-protocol.ts';
import type { ProcessIdentity } from '../process/identity.ts';
import type { MysqlFlavour } from '../versions.ts';

/** Raised when the state file's shape changes; an older stack is then refused with a message. */
const FORMAT = 1;

export type Way = 'url' | 'docker' | 'native';

/** One server of a stack, as the state file keeps it. */
export interface ServerRecord {
  /** `mysql-0`, `kafka`, `mongodb`, …: unique in its stack. */
  readonly id: string;
  readonly part: PartName;
  readonly way: Way;
  readonly version: string;
  readonly host: string;
  /** Ports by name; callers use `main`. */
  readonly ports: Readonly<Record<string, number>>;
  /** The address that callers connect to: a URL, or host:port for Kafka. */
  readonly url: string;
  /** A URL with every right, for faults and administration; only for servers that the stack started. */
  readonly adminUrl?: string;
  /** The identity that the server must report, so that another server on the same port is not taken for it. */
  readonly identity?: string;
  /** How many servers of its part form one unit, such as the members of a replica set; one unless given. */
  readonly group?: number;
  /** Native servers only. */
  readonly dataDir?: string;
  readonly launch?: Launch;
  readonly process?: ProcessIdentity | null;
  /** Docker only. */
  readonly container?: { readonly id: string; readonly socketPath: string };
}

/** What a stack is made of; kept, so that a later `up` without options means the same stack. */
export interface StackShape {
  readonly shards: number;
  readonly mysqlFlavour: MysqlFlavour;
  /** Members of MongoDB's replica set; one unless given. */
  readonly mongodbMembers?: number;
  readonly parts: readonly PartName[];
}

export interface StackState {
  readonly format: typeof FORMAT;
  readonly name: string;
  readonly dir: string;
  readonly ephemeral: boolean;
  readonly shape: StackShape;
  readonly phase: 'starting' | 'running' | 'stopped';
  /** The process that started it and the guardian, while they matter. */
  readonly starter: ProcessIdentity | null;
  readonly guardian: ProcessIdentity | null;
  /** Socket of the container engine that a start has turned to. */
  readonly engine?: string;
  /** Variables of the clock that its MySQL servers use, if they have one of their own. */
  readonly clock?: ClockEnv;
  readonly servers: Readonly<Record<string, ServerRecord>>;
  readonly env: Readonly<Record<string, string>>;
}

/** The root of the checkout that this file is in. */
export const CHECKOUT_ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** The folder that holds everything of one stack. */
export function stackDirOf(checkoutRoot: string, name: string): string {
  return join(checkoutRoot, '.stack', name);
}

/** The names of the stacks of a checkout. */
export function stackNames(checkoutRoot: string): string[] {
  try {
    const entries = readdirSync(join(checkoutRoot, '.stack'), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

export function emptyState(name: string, dir: string, ephemeral: boolean, shape: StackShape): StackState {
  return {
    format: FORMAT,
    name,
    dir,
    ephemeral,
    shape,
    phase: 'starting',
    starter: null,
    guardian: null,
    servers: {},
    env: {},
  };
}

/** Reads the state of a stack, or null when there is none that can be read. */
export function readState(dir: string): StackState | null {
  try {
    const state = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')) as StackState;
    return state.format === FORMAT ? state : null;
  } catch {
    return null;
  }
}

/**
 * The state file of a stack. It is read again for every use, since other processes may restart the servers. Every change is
 * on disk, whole, before the next step.
 */
export class StateFile {
  readonly #dir: string;
  #last: StackState;

  private constructor(state: StackState) {
    this.#dir = state.dir;
    this.#last = state;
  }

  /** Writes the first state of a start. */
  static create(state: StackState): StateFile {
    mkdirSync(state.dir, { recursive: true, mode: 0o700 });
    const file = new StateFile(state);
    file.#write(state);
    return file;
  }

  /** Takes a state that is on disk. */
  static open(state: StackState): StateFile {
    return new StateFile(state);
  }

  /** The state now; the last known state when the stack has been removed. */
  get state(): StackState {
    this.#last = readState(this.#dir) ?? this.#last;
    return this.#last;
  }

  update(change: Partial<Omit<StackState, 'format' | 'servers'>>): void {
    this.#write({ ...this.state, ...change });
  }

  putServer(record: ServerRecord): void {
    const { state } = this;
    this.#write({ ...state, servers: { ...state.servers, [record.id]: record } });
  }

  dropServer(id: string): void {
    const { [id]: _dropped, ...servers } = this.state.servers;
    this.#write({ ...this.state, servers });
  }

  #write(state: StackState): void {
    const path = join(this.#dir, 'state.json');
    writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
    this.#last = state;
  }
}
