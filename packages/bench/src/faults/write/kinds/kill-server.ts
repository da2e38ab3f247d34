import type { Fault } from '../fault.ts';

/** A MySQL server is killed while it is at a transaction, and started again. */
export const killServer: Fault = {
  name: 'server killed',
  possible: ({ servers }) => servers.handles.length > 0,
  happen: async (scene) => {
    const { random, servers } = scene;
    const shard = random.between(0, servers.handles.length);
    const server = servers.handles[shard]!;
    const before = server.pid;
    await scene.nextCommit(shard);
    await server.kill('SIGKILL');
    const died = before !== undefined && server.pid === undefined;
    await server.restart();
    const after = server.pid;
    const back = after !== undefined && after !== before && (await server.illness()) === null;
    return died && back ? `${server.id}: process ${before} is gone, ${after} answers` : undefined;
  },
};
