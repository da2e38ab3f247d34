import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Admin } from '@platformatic/kafka';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { insertEvents, OutboxCluster, RELAY, until } from '../../outbox.fixture.ts';
import type { TopicReader } from '../../topic-reader.fixture.ts';

/** A way to a broker that can hang: it takes connections and passes nothing on. */
class HangingBroker {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #hangs = false;

  private constructor(host: string, port: number) {
    this.#server = createServer((near) => {
      this.#sockets.add(near.on('error', () => undefined));
      if (this.#hangs) return;
      const far = connect(port, host).on('error', () => undefined);
      this.#sockets.add(far);
      near.pipe(far).pipe(near);
    });
  }

  static async to(address: string): Promise<HangingBroker> {
    const [host, port] = address.split(':') as [string, string];
    const broker = new HangingBroker(host, Number(port));
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  hang(): void {
    this.#hangs = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

let cluster: OutboxCluster;
let reader: TopicReader;
let first: HangingBroker;
let relay: OwnProcess | undefined;

beforeAll(async () => {
  cluster = await OutboxCluster.create('brokers');
  first = await HangingBroker.to(cluster.brokers[0]!);
  relay = await startRelay();
  reader = await cluster.reader();
});

afterAll(async () => {
  await relay?.kill();
  first.close();
  await cluster.end();
});

async function startRelay(): Promise<OwnProcess> {
  const brokers = [first.address, ...cluster.brokers].join(',');
  return startProcess({
    file: RELAY,
    args: ['relay'],
    env: { ...cluster.env, ORDERSHARD_KAFKA_BROKERS: brokers },
  });
}

/** How old a message may be when it comes to the broker, in milliseconds. With 0, each send fails. */
async function allowAge(ms: string): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: cluster.brokers });
  await admin.incrementalAlterConfigs({
    resources: [
      {
        resourceType: 2,
        resourceName: cluster.topic,
        configs: [{ name: 'message.timestamp.before.max.ms', configOperation: 0, value: ms }],
      },
    ],
  });
  await admin.close();
}

test('a first broker that hangs holds up neither what runs, nor its new beginning after a failure, nor a start', async () => {
  const writer = await cluster.connect(0);
  const publish = async (version: number) => {
    await insertEvents(writer, [{ order: '7', version }]);
    await until(`version ${version} is published`, () => reader.ids.includes(`7-${version}`));
  };
  await publish(1);
  first.hang();
  await publish(2);
  await allowAge('0');
  // The broker takes the limit over in its own time, and a message of the same millisecond is not too old.
  let version = 2;
  await until('a send fails', async () => {
    version += 1;
    await insertEvents(writer, [{ order: '7', version }]);
    return relay!.log.some(({ msg }) => msg === 'publishing failed for some partitions; the others go on');
  });
  await allowAge('9223372036854775807');
  await until('all is published', () => reader.ids.includes(`7-${version}`));
  await relay!.stop();
  relay = await startRelay();
  await publish(version + 1);
  expect(reader.disordered).toEqual([]);
});
