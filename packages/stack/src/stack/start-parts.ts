import {
  PartsUnavailableError,
  reasonOf,
  SettingError,
  ToolMissingError,
  UserServerError,
  type Attempt,
  type UnavailablePart,
} from '../errors.ts';
import type { PartName } from '../parts/part-name.ts';
import type { Part } from '../parts/part.ts';
import { PARTS } from '../parts/registry.ts';
import { startContainers } from '../ways/docker/start.ts';
import { startNative } from '../ways/native/start.ts';
import { useUrls } from '../ways/url.ts';
import type { StartContext } from './context.ts';

/** Why a part was not even tried. */
class NeededPartFailed extends Error {}

/**
 * Starts parts side by side, each after those that it needs. All are tried before it gives up, so that one message
 * tells everything that is missing.
 * @throws PartsUnavailableError, UserServerError, SettingError
 */
export async function startParts(names: readonly PartName[], context: StartContext): Promise<void> {
  const started = new Map<PartName, Promise<void>>();
  for (const name of names) started.set(name, startAfter(PARTS[name], started, context));
  const outcomes = await Promise.allSettled(started.values());
  const failures = outcomes
    .flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    .filter((failure) => !(failure instanceof NeededPartFailed));
  const other = failures.find((failure) => !(failure instanceof PartsUnavailableError));
  if (other !== undefined) throw other;
  const unavailable = failures.filter((failure) => failure instanceof PartsUnavailableError);
  if (unavailable.length > 0) {
    throw new PartsUnavailableError(
      unavailable.flatMap((failure) => failure.parts),
      unavailable[0],
    );
  }
}

async function startAfter(
  part: Part,
  started: ReadonlyMap<PartName, Promise<void>>,
  context: StartContext,
): Promise<void> {
  const needed = await Promise.allSettled(part.after.map(async (name) => started.get(name)));
  if (needed.some((outcome) => outcome.status === 'rejected')) throw new NeededPartFailed(part.name);
  const value = context.settings.env[part.variable];
  if (value) return useUrls(part, value, context);
  for (const { id, part: name, way } of Object.values(context.file.state.servers)) {
    if (name === part.name && way === 'url') context.file.dropServer(id);
  }
  await startHere(part, context);
}

/** Tries the ways that start something: the way that the data was made with, else Docker, else native. */
async function startHere(part: Part, context: StartContext): Promise<void> {
  const attempts: Attempt[] = [{ way: 'by URL', reason: `${part.variable} is not set` }];
  const missing: string[] = [];
  const recorded = Object.values(context.file.state.servers).find((record) => record.part === part.name)?.way;
  // A container always has the machine's clock.
  const nativeOnly = context.clock !== undefined && (part.name === 'mysql' || part.name === 'replicas');
  const allowed = (way: 'docker' | 'native'): boolean =>
    nativeOnly
      ? way === 'native'
      : recorded === undefined
        ? context.settings.way === 'auto' || context.settings.way === way
        : recorded === way;
  for (const way of ['docker', 'native'] as const) {
    if (!allowed(way)) {
      attempts.push({
        way,
        reason: `not tried: ${nativeOnly ? 'its clock could not be set' : recorded ? `its data was made by ${recorded}` : 'ORDERSHARD_STACK_WAY'}`,
      });
      continue;
    }
    try {
      await (way === 'docker' ? tryDocker(part, context) : startNative(part, context));
      return;
    } catch (error) {
      if (error instanceof SettingError || error instanceof UserServerError) throw error;
      attempts.push({ way, reason: reasonOf(error) });
      if (error instanceof ToolMissingError) missing.push(error.installs);
    }
  }
  throw new PartsUnavailableError([explain(part, context, attempts, missing)]);
}

async function tryDocker(part: Part, context: StartContext): Promise<void> {
  const engine = await context.engine();
  context.file.update({ engine: engine.socketPath });
  await startContainers(part, engine, context);
}

function explain(part: Part, context: StartContext, attempts: Attempt[], missing: string[]): UnavailablePart {
  const { way } = context.settings;
  const natively = [
    ...(missing.length > 0 ? [`install what is missing: apt-get install ${missing.join(' ')}`] : []),
    ...part.advice.map((line) => `to run it natively (x86_64 Linux only): ${line}`),
  ];
  return {
    title: part.title(context.shape),
    attempts,
    advice: [
      ...(way === 'docker' ? ['unset ORDERSHARD_STACK_WAY, so that it may run natively'] : natively),
      ...(way === 'native'
        ? []
        : ['a Docker engine that answers and can pull the image (ORDERSHARD_IMAGE_… names another)']),
      `set ${part.variable} to a server of your own`,
    ],
  };
}
