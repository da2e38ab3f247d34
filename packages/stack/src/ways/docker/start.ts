import { randomUUID } from 'node:crypto';
import { reasonOf, ServerStartError } from '../../errors.ts';
import type { ContainerPlace, ContainerServer, Part } from '../../parts/part.ts';
import { freePort, isFree, saysPortTaken } from '../../process/ports.ts';
import type { StartContext } from '../../stack/context.ts';
import { untilHealthy } from '../../stack/health.ts';
import type { ServerRecord } from '../../stack/state.ts';
import { createContainer } from './create.ts';
import { START_LABEL, STACK_LABEL, type DockerEngine } from './engine.ts';

/** How often a start is tried again with other ports. */
const PORT_TRIES = 5;

/**
 * Starts the servers of a part that are not running already, as containers. When one cannot be started, it removes the
 * containers of the same part that this start has made, so that another way may be tried.
 */
export async function startContainers(
  part: Part,
  engine: DockerEngine,
  context: StartContext,
): Promise<void> {
  const { shape, file, settings, guardian, report } = context;
  const install = { run: guardian.run, cacheRoot: settings.cacheRoot, report };
  const servers = await part.containers(install, shape, file.state.servers);
  const start = randomUUID();
  guardian.watchContainers(engine.socketPath, start);
  const outcomes = await Promise.allSettled(
    servers.map(async (server) => startServer(part, server, engine, start, context)),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return;
  for (const id of await engine.labelled(START_LABEL, start)) await engine.remove(id);
  for (const server of servers) file.dropServer(server.id);
  throw failed.reason;
}

async function startServer(
  part: Part,
  server: ContainerServer,
  engine: DockerEngine,
  start: string,
  context: StartContext,
): Promise<void> {
  const before = context.file.state.servers[server.id];
  if (before?.container !== undefined && (await engine.inspect(before.container.id)) !== null) {
    await startAgain(part, before, engine, context);
    context.report(`${server.id}: ready again on port ${before.ports['main']} (docker, ${before.version})`);
    return;
  }
  for (let attempt = 1; ; attempt += 1) {
    const place: ContainerPlace = {
      stackDir: context.file.state.dir,
      ports: await portsOf(server, before, attempt),
    };
    try {
      const record = await create(part, server, engine, start, place, context);
      await untilContainerHealthy(part, record, engine, context);
      context.report(`${server.id}: ready on port ${place.ports['main']} (docker, ${record.version})`);
      return;
    } catch (error) {
      const taken = saysPortTaken(reasonOf(error)) || /port is already allocated/.test(reasonOf(error));
      if (!taken || attempt >= PORT_TRIES) throw error;
      context.report(`${server.id}: port ${place.ports['main']} was taken in the meantime, trying another`);
    }
  }
}

async function create(
  part: Part,
  server: ContainerServer,
  engine: DockerEngine,
  start: string,
  place: ContainerPlace,
  context: StartContext,
): Promise<ServerRecord> {
  const own = context.settings.env[`ORDERSHARD_IMAGE_${server.imageSetting}`];
  const image = own || server.image;
  context.report(`${server.id}: starting ${image} (pulled first if need be)`);
  const labels = { [STACK_LABEL]: place.stackDir, [START_LABEL]: start };
  const id = await createContainer(server, { image, socketPath: engine.socketPath, labels, place });
  const record: ServerRecord = {
    id: server.id,
    part: part.name,
    way: 'docker',
    version: own ? image : server.version,
    host: '127.0.0.1',
    ports: place.ports,
    container: { id, socketPath: engine.socketPath },
    ...server.describe(place),
  };
  context.file.putServer(record);
  return record;
}

/** Starts a container that was stopped, or is still there, on its ports and data. */
export async function startAgain(
  part: Part,
  record: ServerRecord,
  engine: DockerEngine,
  context: Pick<StartContext, 'file' | 'settings'>,
): Promise<void> {
  await engine.start(record.container?.id ?? '');
  await untilContainerHealthy(part, record, engine, context);
}

async function untilContainerHealthy(
  part: Part,
  record: ServerRecord,
  engine: DockerEngine,
  context: Pick<StartContext, 'file' | 'settings'>,
): Promise<void> {
  const id = record.container?.id ?? '';
  await untilHealthy(part, record, context.file, context.settings.startTimeoutMs, async () => {
    const state = await engine.inspect(id);
    if (state?.running === true) return null;
    return state === null ? 'is gone' : `${state.status}; the end of its log:\n${await engine.logs(id)}`;
  });
}

async function portsOf(
  server: ContainerServer,
  before: ServerRecord | undefined,
  attempt: number,
): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const name of server.portNames) {
    const kept = attempt === 1 ? before?.ports[name] : undefined;
    ports[name] = kept !== undefined && (await isFree(kept)) ? kept : await freePort();
  }
  return ports;
}

/** The engine of a record. @throws ServerStartError when the server is no container */
export function containerOf(record: ServerRecord): { readonly id: string; readonly socketPath: string } {
  if (record.container !== undefined) return record.container;
  throw new ServerStartError(`"${record.id}" is no container`);
}
