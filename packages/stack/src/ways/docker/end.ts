import type { StackState } from '../../stack/state.ts';
import { dockerEngine, findEngine, STACK_LABEL, type DockerEngine } from './engine.ts';

const GRACE_SECONDS = 15;

/**
 * Ends the containers of a stack: those that carry its label, whether its state still knows them or not. With
 * `keepData` they are stopped, to be started again; else removed with their volumes. Returns how many there were.
 */
export async function endContainers(
  dir: string,
  state: StackState | null,
  keepData: boolean,
): Promise<number> {
  let ended = 0;
  for (const engine of await enginesOf(state)) {
    const ids = await engine.labelled(STACK_LABEL, dir);
    await Promise.all(ids.map(async (id) => (keepData ? stop(engine, id) : engine.remove(id))));
    ended += ids.length;
  }
  return ended;
}

async function stop(engine: DockerEngine, id: string): Promise<void> {
  if ((await engine.inspect(id))?.status === 'paused') await engine.unpause(id);
  await engine.stop(id, GRACE_SECONDS);
}

/** The engines that the state names; a stack whose state is lost may have containers wherever one answers. */
async function enginesOf(state: StackState | null): Promise<DockerEngine[]> {
  if (state !== null) {
    const named = Object.values(state.servers).flatMap((record) => record.container?.socketPath ?? []);
    const started = state.engine === undefined ? [] : [state.engine];
    return [...new Set([...named, ...started])].map((socketPath) => dockerEngine(socketPath));
  }
  try {
    return [await findEngine(process.env)];
  } catch {
    return [];
  }
}
