import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerStartError } from '../../errors.ts';
import type { ServerRecord } from '../../stack/state.ts';
import { versions } from '../../versions.ts';
import { LOGGING } from '../kafka/settings.ts';
import { installKafka, type KafkaInstall } from '../kafka/install.ts';
import type { NativeServer, Part, Place, Servers } from '../part.ts';
import { parseServerUrls } from '../urls.ts';
import { connectContainer } from './container.ts';
import { installDebezium } from './install.ts';
import { identityBy, WORKER_HEAP, workerProperties, workerUrl } from './settings.ts';

const TIMEOUT_MS = 5_000;

/** Kafka Connect, one distributed worker with the Debezium MySQL connector; on demand. */
export const connectPart: Part = {
  name: 'connect',
  title: () => `Kafka Connect ${versions.connect.version} with Debezium ${versions.debezium.version}`,
  variable: 'ORDERSHARD_CONNECT_URL',
  after: ['kafka'],
  advice: [`Java ${versions.kafka.java} or newer and Maven: apt-get install default-jre-headless maven`],
  fromUrl: (value) => {
    const [server] = parseServerUrls('ORDERSHARD_CONNECT_URL', value, ['http:', 'https:'], 8083);
    const { host, port } = server ?? { host: '', port: 0 };
    return [
      { id: 'connect', part: 'connect', way: 'url', version: '', host, ports: { main: port }, url: value },
    ];
  },
  native: async (context, _shape, servers) => {
    const install = await installKafka(context);
    return [nativeWorker(install, await installDebezium(context), kafkaOf(servers))];
  },
  containers: async (context, _shape, servers) => [
    connectContainer(await installDebezium(context), kafkaOf(servers)),
  ],
  check: checkWorker,
  env: (records) => ({ ORDERSHARD_CONNECT_URL: records[0]?.url ?? '' }),
};

function nativeWorker(install: KafkaInstall, pluginPath: string, kafka: ServerRecord): NativeServer {
  return {
    id: 'connect',
    version: install.version,
    portNames: ['main'],
    prepare: async (place) => {
      await mkdir(place.dataDir, { recursive: true, mode: 0o700 });
      const listener = workerUrl(place.ports['main'] ?? 0);
      await writeFile(propertiesFile(place), workerProperties({ brokers: kafka.url, listener, pluginPath }));
    },
    launch: (place) => ({
      command: install.java,
      args: [
        ...WORKER_HEAP,
        `-Djava.io.tmpdir=${place.dataDir}`,
        ...LOGGING,
        '-cp',
        install.classPath,
        'org.apache.kafka.connect.cli.ConnectDistributed',
        propertiesFile(place),
      ],
      cwd: place.dir,
      env: {},
      logFile: place.logFile,
    }),
    describe: (place) => ({ url: workerUrl(place.ports['main'] ?? 0), ...identityBy(kafka) }),
  };
}

function propertiesFile(place: Place): string {
  return join(place.dir, 'worker.properties');
}

function kafkaOf(servers: Servers): ServerRecord {
  const kafka = servers['kafka'];
  if (kafka === undefined) throw new ServerStartError('Kafka Connect needs Kafka');
  return kafka;
}

/** Throws unless the worker answers, works with the intended cluster, and has joined its group. */
async function checkWorker(record: ServerRecord): Promise<void> {
  const about = (await ask(record.url)) as { kafka_cluster_id?: string };
  if (record.identity !== undefined && about.kafka_cluster_id !== record.identity) {
    throw new ServerStartError(
      `${record.url} works with cluster ${about.kafka_cluster_id}, not ${record.identity}`,
    );
  }
  await ask(`${record.url.replace(/\/$/, '')}/connectors`);
}

async function ask(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new ServerStartError(`${url} answered ${response.status}`);
  return response.json();
}
