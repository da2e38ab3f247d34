import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf, ServerStartError } from '../errors.ts';
import type { Part } from '../parts/part.ts';
import type { ServerRecord, StateFile } from './state.ts';

const POLL_MS = 100;

/**
 * Waits until a started server is healthy: checks again and again until it is.
 * @param ended says why the server is gone, or null while it runs
 * @throws ServerStartError when it ends, or is not well in time
 */
export async function untilHealthy(
  part: Part,
  record: ServerRecord,
  file: Pick<StateFile, 'state'>,
  timeoutMs: number,
  ended: () => string | null | Promise<string | null>,
): Promise<void> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const gone = await ended();
    if (gone !== null) throw new ServerStartError(`${record.id} ${gone}`);
    try {
      await (part.makeReady?.(record, file.state.servers) ?? part.check(record));
      if ((await ended()) === null) return;
    } catch (error) {
      if (Date.now() > until) {
        throw new ServerStartError(
          `${record.id} was not healthy within ${Math.round(timeoutMs / 1_000)} s: ${reasonOf(error)}`,
          { cause: error },
        );
      }
      await delay(POLL_MS);
    }
  }
}

/** Checks a server now. Returns null when it is well, else why it is not. */
export async function illness(part: Part, record: ServerRecord): Promise<string | null> {
  try {
    await part.check(record);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}
