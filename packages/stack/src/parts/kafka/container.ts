import { join } from 'node:path';
import { versions } from '../../versions.ts';
import type { ContainerPlace, ContainerServer } from '../part.ts';
import { BROKER_HEAP, brokerProperties, clusterIdOf } from './settings.ts';

const PROPERTIES = '/tmp/ordershard/server.properties';
const LOG_DIR = '/var/lib/kafka/data/ordershard';
const CONTROLLER_PORT = 9093;

/**
 * The broker from the image of the Kafka project, run by the scripts of the distribution and by our own properties,
 * the same as natively, rather than by the image's variables. It listens inside on the port that callers use
 * outside, since it is known to callers and to itself as 127.0.0.1 and that port.
 */
export function kafkaContainer(): ContainerServer {
  return {
    id: 'kafka',
    image: versions.kafka.image,
    imageSetting: 'KAFKA',
    version: versions.kafka.version,
    portNames: ['main'],
    inside: {},
    entrypoint: ['/bin/sh', '-c'],
    command: (place) => [
      `/opt/kafka/bin/kafka-storage.sh format --ignore-formatted -t ${clusterId(place)} -c ${PROPERTIES} && ` +
        `exec /opt/kafka/bin/kafka-server-start.sh ${PROPERTIES}`,
    ],
    environment: () => ({ KAFKA_HEAP_OPTS: BROKER_HEAP.join(' ') }),
    files: ({ ports }) => [
      {
        target: PROPERTIES,
        mode: 0o644,
        content: brokerProperties({
          bind: '0.0.0.0',
          port: ports['main'] ?? 0,
          controllerPort: CONTROLLER_PORT,
          logDir: LOG_DIR,
        }),
      },
    ],
    describe: (place) => ({ url: `127.0.0.1:${place.ports['main']}`, identity: clusterId(place) }),
  };
}

function clusterId({ stackDir, ports }: ContainerPlace): string {
  return clusterIdOf(join(stackDir, 'kafka', String(ports['main'])));
}
