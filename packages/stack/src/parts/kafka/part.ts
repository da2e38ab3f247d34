import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { versions } from '../../versions.ts';
import { parseBrokers } from '../urls.ts';
import type { InstallContext, NativeServer, Part, Place } from '../part.ts';
import { checkKafka } from './check.ts';
import { kafkaContainer } from './container.ts';
import { installKafka, type KafkaInstall } from './install.ts';
import { BROKER_HEAP, brokerProperties, clusterIdOf, LOGGING } from './settings.ts';

/** The broker: one node that is its own controller (KRaft). */
export const kafkaPart: Part = {
  name: 'kafka',
  title: () => `Kafka ${versions.kafka.version}`,
  variable: 'ORDERSHARD_KAFKA_BROKERS',
  after: [],
  advice: [`Java ${versions.kafka.java} or newer and Maven: apt-get install default-jre-headless maven`],
  fromUrl: (value) => {
    const [first] = parseBrokers('ORDERSHARD_KAFKA_BROKERS', value);
    const { host, port } = first ?? { host: '', port: 0 };
    return [{ id: 'kafka', part: 'kafka', way: 'url', version: '', host, ports: { main: port }, url: value }];
  },
  native: async (context) => [nativeBroker(context, await installKafka(context))],
  containers: () => Promise.resolve([kafkaContainer()]),
  check: checkKafka,
  env: (records) => ({ ORDERSHARD_KAFKA_BROKERS: records.map((record) => record.url).join(',') }),
};

function nativeBroker(context: InstallContext, install: KafkaInstall): NativeServer {
  return {
    id: 'kafka',
    version: install.version,
    portNames: ['main', 'controller'],
    prepare: async (place) => prepareBroker(context, install, place),
    launch: (place) => ({
      command: install.java,
      args: [
        ...BROKER_HEAP,
        `-Djava.io.tmpdir=${place.dir}`,
        ...LOGGING,
        '-cp',
        install.classPath,
        'kafka.Kafka',
        propertiesFile(place),
      ],
      cwd: place.dir,
      env: {},
      logFile: place.logFile,
    }),
    describe: (place) => ({ url: `127.0.0.1:${place.ports['main']}`, identity: clusterIdOf(place.dataDir) }),
  };
}

async function prepareBroker(context: InstallContext, install: KafkaInstall, place: Place): Promise<void> {
  const { main = 0, controller = 0 } = place.ports;
  const properties = propertiesFile(place);
  await writeFile(
    properties,
    brokerProperties({ bind: '127.0.0.1', port: main, controllerPort: controller, logDir: place.dataDir }),
  );
  if (existsSync(join(place.dataDir, 'bootstrap.checkpoint'))) return;
  const format = [
    'kafka.tools.StorageTool',
    'format',
    '--ignore-formatted',
    '-t',
    clusterIdOf(place.dataDir),
    '-c',
    properties,
  ];
  await context.run({
    command: install.java,
    args: ['-Xmx128m', '-XX:TieredStopAtLevel=1', ...LOGGING, '-cp', install.classPath, ...format],
    installs: 'default-jre-headless',
  });
}

function propertiesFile(place: Place): string {
  return join(place.dir, 'server.properties');
}
