import type { Fault } from '../fault.ts';

/** A MySQL server is killed while a relay is at it, and started again. */
export const killShard: Fault = {
  name: 'MySQL killed',
  victim: 'shard',
  happen: async (scene, random) => {
    const shard = random.between(0, scene.servers.shards.length);
    const server = scene.servers.shards[shard]!;
    const before = server.pid;
    let seen = false;
    const stops = scene.slots.map(({ shards }) =>
      shards[shard]!.onText((text) => (seen ||= text.includes('outbox_'))),
    );
    try {
      await scene.until('a statement of a relay', () => seen);
    } finally {
      for (const stop of stops) stop();
    }
    await server.kill('SIGKILL');
    const died = before !== undefined && server.pid === undefined;
    await server.restart();
    const after = server.pid;
    const back = after !== undefined && after !== before && (await server.illness()) === null;
    return died && back ? `${server.id}: process ${before} is gone, ${after} answers` : undefined;
  },
};
