import type { ServerRecord } from '../../stack/state.ts';
import { versions } from '../../versions.ts';
import type { ContainerServer } from '../part.ts';
import { identityBy, WORKER_HEAP, workerProperties, workerUrl } from './settings.ts';

const PROPERTIES = '/tmp/ordershard/worker.properties';
const PLUGINS = '/tmp/ordershard/plugins';

/**
 * A Connect worker from the image of the Kafka project, with the connector's jars copied in. It shares the host's
 * network, since it must reach Kafka and the shards at the addresses that everyone uses.
 *
 * @param plugins folder of the host with one folder for each plugin
 */
export function connectContainer(plugins: string, kafka: ServerRecord): ContainerServer {
  return {
    id: 'connect',
    image: versions.connect.image,
    imageSetting: 'CONNECT',
    version: versions.connect.version,
    portNames: ['main'],
    inside: {},
    hostNetwork: true,
    entrypoint: ['/bin/sh', '-c'],
    command: () => [`exec /opt/kafka/bin/connect-distributed.sh ${PROPERTIES}`],
    environment: () => ({ KAFKA_HEAP_OPTS: WORKER_HEAP.join(' ') }),
    folders: [{ source: plugins, target: PLUGINS }],
    files: ({ ports }) => {
      const listener = workerUrl(ports['main'] ?? 0);
      const content = workerProperties({ brokers: kafka.url, listener, pluginPath: PLUGINS });
      return [{ target: PROPERTIES, mode: 0o644, content }];
    },
    describe: ({ ports }) => ({ url: workerUrl(ports['main'] ?? 0), ...identityBy(kafka) }),
  };
}
