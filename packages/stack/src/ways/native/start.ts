import { closeSync, mkdirSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FetchFailedError, ServerStartError } from '../../errors.ts';
import type { NativeServer, Part, Place } from '../../parts/part.ts';
import type { Guardian } from '../../process/guardian.ts';
import { isAlive } from '../../process/identity.ts';
import { freePort, isFree, saysPortTaken } from '../../process/ports.ts';
import type { StartContext } from '../../stack/context.ts';
import { untilHealthy } from '../../stack/health.ts';
import type { ServerRecord } from '../../stack/state.ts';

/** How often a start is tried again with other ports. */
const PORT_TRIES = 5;

/** Starts the servers of a part on this machine, those that are not running already. */
export async function startNative(part: Part, context: StartContext): Promise<void> {
  assertPlatform();
  const { shape, file, settings, guardian, report } = context;
  const install = {
    run: guardian.run,
    cacheRoot: settings.cacheRoot,
    report,
    ...(context.clock === undefined ? {} : { clock: context.clock }),
    ...(context.timeZone === undefined ? {} : { timeZone: context.timeZone }),
  };
  const servers = await part.native(install, shape, file.state.servers);
  await Promise.all(servers.map(async (server) => startServer(part, server, context)));
}

/** @throws FetchFailedError where native parts cannot run */
export function assertPlatform(platform: string = process.platform, arch: string = process.arch): void {
  if (platform === 'linux' && arch === 'x64') return;
  throw new FetchFailedError(`native parts run on x86_64 Linux only; this is ${platform} on ${arch}`);
}

async function startServer(part: Part, server: NativeServer, context: StartContext): Promise<void> {
  const before = context.file.state.servers[server.id];
  if (before?.process && isAlive(before.process)) return;
  for (let attempt = 1; ; attempt += 1) {
    const place = await placeOf(server, context.file.state.dir, attempt === 1 ? before : undefined);
    try {
      await server.prepare(place);
      const record = recordOf(part, server, place);
      context.file.putServer(record);
      await launch(part, record, context);
      context.report(`${server.id}: ready on port ${place.ports['main']} (native, ${server.version})`);
      return;
    } catch (error) {
      const taken = error instanceof ServerStartError && saysPortTaken(error.message);
      if (!taken || attempt >= PORT_TRIES) throw error;
      context.report(`${server.id}: port ${place.ports['main']} was taken in the meantime, trying another`);
    }
  }
}

/** Starts a server that has a record, on the ports and data of the record, and waits until it is healthy. */
export async function launch(
  part: Part,
  record: ServerRecord,
  context: Pick<StartContext, 'file' | 'settings'> & { readonly guardian: Pick<Guardian, 'spawn'> },
): Promise<ServerRecord> {
  const { launch: how } = record;
  if (how === undefined) throw new ServerStartError(`${record.id} was not started natively`);
  for (const path of how.staleFiles ?? []) rmSync(path, { force: true });
  const logStart = sizeOf(how.logFile);
  const guarded = await context.guardian.spawn(how);
  const running = { ...record, process: guarded.process };
  context.file.putServer(running);
  await untilHealthy(part, running, context.file, context.settings.startTimeoutMs, () => {
    const ended = guarded.ended();
    return ended === null
      ? null
      : `ended with ${ended}; the end of ${how.logFile}:\n${tailOf(how.logFile, logStart)}`;
  });
  return running;
}

async function placeOf(
  server: NativeServer,
  stackDir: string,
  before: ServerRecord | undefined,
): Promise<Place> {
  const dir = join(stackDir, server.id);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const ports: Record<string, number> = {};
  for (const name of server.portNames) {
    const kept = before?.ports[name];
    ports[name] = kept !== undefined && (await isFree(kept)) ? kept : await freePort();
  }
  return { dir, dataDir: join(dir, 'data'), logFile: join(dir, 'server.log'), ports };
}

function recordOf(part: Part, server: NativeServer, place: Place): ServerRecord {
  return {
    id: server.id,
    part: part.name,
    way: 'native',
    version: server.version,
    host: '127.0.0.1',
    ports: place.ports,
    dataDir: place.dataDir,
    launch: server.launch(place),
    process: null,
    ...server.describe(place),
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last part of what a log has gained since `from`. */
function tailOf(path: string, from: number): string {
  const start = Math.max(from, sizeOf(path) - 3_000);
  const buffer = Buffer.alloc(Math.max(0, sizeOf(path) - start));
  const file = openSync(path, 'r');
  try {
    readSync(file, buffer, 0, buffer.length, start);
  } finally {
    closeSync(file);
  }
  return buffer.toString('utf8').trim();
}
