import type { Fault } from '../fault.ts';
import { isRunning } from './running.ts';

/** The process that writes is killed while transactions of it are under way, and another one takes its place. */
export const killWriter: Fault = {
  name: 'writer killed',
  happen: async (scene) => {
    const writer = await scene.client.writer;
    let outstanding = 0;
    // All may have been answered by the time that it is killed.
    while (outstanding === 0) {
      await scene.nextCommit(scene.random.between(0, scene.proxies.length));
      outstanding = writer.outstanding;
    }
    await writer.kill();
    const died = !isRunning(writer.pid);
    const next = await scene.replaceWriter();
    if (!died || !isRunning(next.pid)) return undefined;
    return `process ${writer.pid} is gone with ${outstanding} requests, ${next.pid} writes`;
  },
};
