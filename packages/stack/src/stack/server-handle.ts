import { StackStateError } from '../errors.ts';
import type { PartName } from '../parts/part-name.ts';
import { PARTS } from '../parts/registry.ts';
import { startGuardian, type Guardian } from '../process/guardian.ts';
import { isAlive, signal } from '../process/identity.ts';
import { gone, terminate } from '../process/terminate.ts';
import { readSettings } from '../settings.ts';
import { launch } from '../ways/native/start.ts';
import { containerFaults } from './container-faults.ts';
import { illness } from './health.ts';
import type { ServerFaults } from './server-faults.ts';
import type { ServerRecord, StateFile, Way } from './state.ts';

/** How long a server gets to end by itself before a restart, milliseconds. */
const RESTART_GRACE_MS = 15_000;

/** One server of a stack, with the faults that can be injected into it. The user's own servers refuse faults. */
export interface ServerHandle extends ServerFaults {
  readonly id: string;
  readonly part: PartName;
  readonly way: Way;
  readonly version: string;
  readonly port: number;
  readonly url: string;
  /** A URL with every right; only for MySQL servers that the stack started. */
  readonly adminUrl: string | undefined;
  /** The pid of a native server that runs. */
  readonly pid: number | undefined;
  /** null when it is well, else why not. */
  illness(): Promise<string | null>;
}

export function serverHandle(file: StateFile, id: string, guardian?: Guardian): ServerHandle {
  const record = (): ServerRecord => {
    const current = file.state.servers[id];
    if (current === undefined) throw new StackStateError(`"${id}" is gone from stack "${file.state.name}"`);
    return current;
  };
  const { part, way, version, ports, url, adminUrl } = record();
  return {
    id,
    part,
    way,
    version,
    port: ports['main'] ?? 0,
    url,
    adminUrl,
    get pid() {
      const identity = record().process;
      return identity && isAlive(identity) ? identity.pid : undefined;
    },
    ...(way === 'docker' ? containerFaults(file, record) : processFaults(file, record, guardian)),
    illness: async () => illness(PARTS[part], record()),
  };
}

type Faults = Pick<ServerHandle, 'kill' | 'pause' | 'resume' | 'restart'>;

function processFaults(file: StateFile, record: () => ServerRecord, guardian?: Guardian): Faults {
  return {
    kill: async (name = 'SIGKILL') => {
      const identity = processOf(record());
      if (signal(identity, name)) await gone(identity, Number.POSITIVE_INFINITY);
    },
    pause: async () => sendOrRefuse(record(), 'SIGSTOP'),
    resume: async () => sendOrRefuse(record(), 'SIGCONT'),
    restart: async (whileDown) => {
      await terminate([processOf(record())], RESTART_GRACE_MS);
      await whileDown?.(dataDirOf(record()));
      await relaunch(file, record(), guardian);
    },
  };
}

/** Starts a server again under the stack's guardian, or under a new guardian that releases it when it is healthy. */
async function relaunch(file: StateFile, record: ServerRecord, guardian?: Guardian): Promise<void> {
  const settings = readSettings(process.env);
  const holder =
    guardian ??
    (await startGuardian({ stackDir: file.state.dir, removeDir: null, graceMs: RESTART_GRACE_MS }));
  try {
    await launch(PARTS[record.part], record, { file, settings, guardian: holder });
  } finally {
    if (guardian === undefined) await holder.release();
  }
}

function processOf(record: ServerRecord): NonNullable<ServerRecord['process']> {
  if (record.process) return record.process;
  throw new StackStateError(
    record.way === 'url'
      ? `"${record.id}" is yours, by URL; the stack does no faults to it`
      : `"${record.id}" does not run`,
  );
}

function dataDirOf({ id, dataDir }: ServerRecord): string {
  if (dataDir !== undefined) return dataDir;
  throw new StackStateError(`the data of "${id}" are not at hand`);
}

function sendOrRefuse(record: ServerRecord, name: NodeJS.Signals): Promise<void> {
  if (signal(processOf(record), name)) return Promise.resolve();
  return Promise.reject(new StackStateError(`"${record.id}" does not run`));
}
