import type { PartName } from '../parts/part-name.ts';
import { PARTS } from '../parts/registry.ts';
import { isAlive } from '../process/identity.ts';
import { illness } from './health.ts';
import { readState, stackDirOf, type ServerRecord, type StackState, type Way } from './state.ts';

/** The state of one server. */
export interface ServerStatus {
  readonly id: string;
  readonly part: PartName;
  readonly way: Way;
  readonly version: string;
  readonly port: number;
  readonly pid: number | null;
  readonly container: string | null;
  /** `ok`, or why the server is not well. */
  readonly health: string;
}

export interface StackStatus {
  readonly name: string;
  readonly phase: StackState['phase'];
  readonly dir: string;
  readonly servers: readonly ServerStatus[];
}

/** Asks every server of a stack; null when there is no such stack. */
export async function stackStatus(checkoutRoot: string, name: string): Promise<StackStatus | null> {
  const dir = stackDirOf(checkoutRoot, name);
  const state = readState(dir);
  if (state === null) return null;
  const records = Object.values(state.servers).toSorted((left, right) => left.id.localeCompare(right.id));
  return { name, phase: state.phase, dir, servers: await Promise.all(records.map(serverStatus)) };
}

async function serverStatus(record: ServerRecord): Promise<ServerStatus> {
  const { id, part, way, version, ports } = record;
  const living = record.process && isAlive(record.process) ? record.process.pid : null;
  const ended = way === 'native' && living === null;
  return {
    id,
    part,
    way,
    version,
    port: ports['main'] ?? 0,
    pid: living,
    container: record.container?.id ?? null,
    health: ended ? 'it does not run' : ((await illness(PARTS[part], record)) ?? 'ok'),
  };
}
