import type { WaitStrategy } from 'testcontainers';
import type { ContainerPlace, ContainerServer } from '../../parts/part.ts';

/** What making a container needs besides its definition. */
export interface ContainerOrder {
  readonly image: string;
  readonly socketPath: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly place: ContainerPlace;
}

/** The part checks whether the server is well, in the same way as for a native server. */
const NO_WAIT: WaitStrategy = {
  waitUntilReady: () => Promise.resolve(),
  withStartupTimeout: () => NO_WAIT,
  isStartupTimeoutSet: () => false,
  getStartupTimeout: () => 0,
};

/**
 * Makes and starts a container by way of testcontainers, which is only loaded here. Its ports are bound to 127.0.0.1
 * alone, on the numbers that were chosen, and its own clean-up (a container that watches) is off: the guardian does
 * that, and a stack may outlive its starter. Returns the container's id.
 */
export async function createContainer(server: ContainerServer, order: ContainerOrder): Promise<string> {
  const { image, place, labels, socketPath } = order;
  // testcontainers looks for an engine by itself; it must find the same one.
  process.env['DOCKER_HOST'] ??= `unix://${socketPath}`;
  const { GenericContainer } = await import('testcontainers');

  class LoopbackContainer extends GenericContainer {
    protected override beforeContainerCreated = (): Promise<void> => {
      for (const bindings of Object.values(this.hostConfig.PortBindings ?? {}) as { HostIp?: string }[][]) {
        for (const binding of bindings) binding.HostIp = '127.0.0.1';
      }
      return Promise.resolve();
    };
  }

  const container = new LoopbackContainer(image)
    .withLabels({ ...labels })
    .withAutoCleanup(false)
    .withAutoRemove(false)
    .withWaitStrategy(NO_WAIT)
    .withEnvironment({ ...server.environment(place) })
    .withCommand([...server.command(place)])
    .withCopyContentToContainer([...server.files(place)]);
  if (server.entrypoint !== undefined) container.withEntrypoint([...server.entrypoint]);
  if (server.folders !== undefined) container.withCopyDirectoriesToContainer([...server.folders]);
  if (server.hostNetwork === true) container.withNetworkMode('host');
  else container.withExposedPorts(...portsOf(server, place));
  const started = await container.start();
  return started.getId();
}

function portsOf(server: ContainerServer, place: ContainerPlace): { container: number; host: number }[] {
  return server.portNames.map((name) => {
    const host = place.ports[name] ?? 0;
    return { container: server.inside[name] ?? host, host };
  });
}
