import { setTimeout as delay } from 'node:timers/promises';
import { PARTS } from '../parts/registry.ts';
import { StackStateError } from '../errors.ts';
import { readSettings } from '../settings.ts';
import { dockerEngine } from '../ways/docker/engine.ts';
import { containerOf, startAgain } from '../ways/docker/start.ts';
import type { ServerFaults } from './server-faults.ts';
import type { ServerRecord, StateFile } from './state.ts';

const POLL_MS = 50;
const GRACE_SECONDS = 15;

/** The faults of a server that runs as a container, on the same terms as those of a process. */
export function containerFaults(file: StateFile, record: () => ServerRecord): ServerFaults {
  const engineAndId = () => {
    const { id, socketPath } = containerOf(record());
    return { id, engine: dockerEngine(socketPath) };
  };
  return {
    kill: async (signal = 'SIGKILL') => {
      const { id, engine } = engineAndId();
      if ((await engine.inspect(id))?.running !== true) return;
      await engine.kill(id, signal);
      while ((await engine.inspect(id))?.running === true) await delay(POLL_MS);
    },
    pause: async () => {
      const { id, engine } = engineAndId();
      await engine.pause(id);
    },
    resume: async () => {
      const { id, engine } = engineAndId();
      await engine.unpause(id);
    },
    restart: async (whileDown) => {
      if (whileDown !== undefined)
        throw new StackStateError('the data of a server in a container are not at hand');
      const { id, engine } = engineAndId();
      if ((await engine.inspect(id))?.status === 'paused') await engine.unpause(id);
      await engine.stop(id, GRACE_SECONDS);
      const current = record();
      await startAgain(PARTS[current.part], current, engine, { file, settings: readSettings(process.env) });
    },
  };
}
