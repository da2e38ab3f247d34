import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerHandle } from '@ordershard/stack';
import { MongoClient } from 'mongodb';
import type { Seeded } from '../../seeded.ts';
import type { Fault } from '../fault.ts';
import { RETRY_DELAYS_S, type Scene, type Teller } from '../scene.ts';

/** Longer than all tries of a message that failed. */
const PAST_RETRIES_MS = 1_000 * RETRY_DELAYS_S.reduce((sum, delay) => sum + delay, 0) + 1_000;

/** The broker hangs: it keeps its connections and answers nothing. */
export const brokerHangs: Fault = {
  name: 'broker hangs',
  light: false,
  weight: 2,
  happen: (scene, random) =>
    hung(scene, random, scene.servers.broker, { tellers: ['relay', 'projectors'], reason: /./ }),
};

export const brokerGone: Fault = {
  name: 'broker is gone',
  light: false,
  weight: 2,
  happen: (scene, random) =>
    gone(scene, random, scene.servers.broker, { tellers: ['relay', 'projectors'], reason: /./ }),
};

export const mongodbHangs: Fault = {
  name: 'MongoDB hangs',
  light: false,
  weight: 2,
  happen: (scene, random) =>
    hung(scene, random, scene.servers.mongodb, { tellers: ['projectors'], reason: /./ }),
};

export const mongodbGone: Fault = {
  name: 'MongoDB is gone',
  light: false,
  weight: 2,
  happen: (scene, random) =>
    gone(scene, random, scene.servers.mongodb, { tellers: ['projectors'], reason: /./ }),
};

/** The primary steps down, and no other takes its place until after the last retry of a message. */
export const stepDown: Fault = {
  name: 'MongoDB steps down',
  light: false,
  weight: 2,
  happen: async (scene, random) => {
    const { host } = new URL(scene.mongoUrl);
    const client = new MongoClient(`mongodb://${host}/admin?directConnection=true`);
    const isPrimary = async () =>
      (await client.db('admin').command({ hello: 1 }))['isWritablePrimary'] === true;
    try {
      const seconds = random.between(2, 8);
      await client.db('admin').command({ replSetStepDown: seconds, force: true });
      const stood = !(await isPrimary());
      await scene.until('a primary', () => isPrimary().catch(() => false));
      return stood ? `it was no primary for ${seconds} s` : undefined;
    } finally {
      await client.close();
    }
  },
};

/** A shard's server hangs. The events of the other shards go on, and the relay names the shard that hangs. */
export const shardHangs: Fault = {
  name: 'shard hangs',
  light: false,
  weight: 1,
  happen: (scene, random) => {
    const shard = random.between(0, scene.servers.shards.length);
    const reason = new RegExp(`shard ${shard}[ ,:]`);
    return hung(scene, random, scene.servers.shards[shard]!, { tellers: ['relay'], reason });
  },
};

/** A projector gets a first broker that takes connections and never answers. */
export const silentBroker: Fault = {
  name: 'first broker is silent',
  light: false,
  weight: 1,
  happen: async (scene) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const slot = await scene.extra('projector-extra', [`127.0.0.1:${port}`]);
    try {
      await slot.start();
      let had = 0;
      await scene.until('the new member to have partitions', async () => {
        had = (await slot.readiness())?.partitions.length ?? 0;
        return had > 0;
      });
      const asked = sockets.size;
      await slot.stop();
      return `${had} partitions came to a member that had asked the silent broker ${asked} times`;
    } finally {
      await slot.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  },
};

/** Projectors cannot reach MongoDB until after the last retry of a message. */
export const mongodbCut: Fault = {
  name: 'no way to MongoDB',
  light: false,
  weight: 1,
  happen: async (scene, random) => {
    for (const { mongo } of scene.slots) mongo.cut();
    try {
      const named = await scene.named('MongoDB that is cut off', ['projectors'], /./);
      await sleep(PAST_RETRIES_MS + random.between(0, 1_000));
      return named;
    } finally {
      for (const { mongo } of scene.slots) mongo.mend();
    }
  },
};

/** The processes whose readiness has to name it, and the text that must be in it. */
interface Telling {
  readonly tellers: readonly Teller[];
  readonly reason: RegExp;
}

async function hung(
  scene: Scene,
  random: Seeded,
  server: ServerHandle,
  { tellers, reason }: Telling,
): Promise<string | undefined> {
  await sleep(random.between(0, 300));
  await server.pause();
  try {
    const named = await scene.named(`${server.id} that hangs`, tellers, reason);
    await sleep(random.between(0, PAST_RETRIES_MS));
    return named;
  } finally {
    await server.resume();
  }
}

async function gone(
  scene: Scene,
  random: Seeded,
  server: ServerHandle,
  { tellers, reason }: Telling,
): Promise<string | undefined> {
  await sleep(random.between(0, 300));
  const before = server.pid;
  await server.kill('SIGKILL');
  const died = before !== undefined && server.pid === undefined;
  let named: string;
  try {
    named = await scene.named(`${server.id} that is gone`, tellers, reason);
    await sleep(random.between(0, 2 * PAST_RETRIES_MS));
  } finally {
    await server.restart();
  }
  const after = server.pid;
  const back = after !== undefined && after !== before && (await server.illness()) === null;
  return died && back ? `process ${before} is gone, ${named}, ${after} answers` : undefined;
}
