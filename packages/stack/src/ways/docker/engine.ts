import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FetchFailedError, reasonOf } from '../../errors.ts';

/** How long the probe waits for an answer. A socket behind which nothing listens is refused at once. */
const PING_TIMEOUT_MS = 5_000;
/** Long enough for an engine under load to stop a server that writes its pages out first. */
const CALL_TIMEOUT_MS = 60_000;

/** Every container of the stack carries this label with the stack's folder, so that none is lost. */
export const STACK_LABEL = 'dev.ordershard.stack';
/** Every container also carries this label with the start that made it, so that it can be removed if that start dies. */
export const START_LABEL = 'dev.ordershard.start';

/** What the engine reports about a container. */
export interface ContainerState {
  readonly running: boolean;
  /** "exited with status 1", "paused", … */
  readonly status: string;
}

/**
 * The few calls to a container engine that the stack makes itself: to probe for an engine, for faults, and to end containers
 * that are left. They need no more than a socket, so the guardian and `down` load no client library; containers are made by
 * testcontainers.
 */
export interface DockerEngine {
  readonly socketPath: string;
  ping(): Promise<void>;
  /** Ids of the containers with a label, running or not. */
  labelled(label: string, value: string): Promise<string[]>;
  /** null when there is no such container. */
  inspect(id: string): Promise<ContainerState | null>;
  start(id: string): Promise<void>;
  /** Resolves when it has ended, at the latest after `graceSeconds`. */
  stop(id: string, graceSeconds: number): Promise<void>;
  kill(id: string, signal: string): Promise<void>;
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** Removes it with its volumes, whether it runs or not. */
  remove(id: string): Promise<void>;
  /** The last lines that it has written. */
  logs(id: string): Promise<string>;
}

/** The engine at a socket, whether one answers or not. */
export function dockerEngine(socketPath: string): DockerEngine {
  const act = async (method: string, path: string): Promise<void> => {
    await call(socketPath, method, path);
  };
  return {
    socketPath,
    ping: async () => void (await call(socketPath, 'GET', '/_ping', PING_TIMEOUT_MS)),
    labelled: async (label, value) => {
      const filters = encodeURIComponent(JSON.stringify({ label: [`${label}=${value}`] }));
      const { body } = await call(socketPath, 'GET', `/containers/json?all=true&filters=${filters}`);
      return (JSON.parse(body.toString('utf8')) as { Id: string }[]).map(({ Id }) => Id);
    },
    inspect: async (id) => {
      const { status, body } = await call(socketPath, 'GET', `/containers/${id}/json`);
      return status === 404 ? null : stateOf(JSON.parse(body.toString('utf8')) as Inspected);
    },
    start: async (id) => act('POST', `/containers/${id}/start`),
    stop: async (id, graceSeconds) => act('POST', `/containers/${id}/stop?t=${graceSeconds}`),
    kill: async (id, signal) => act('POST', `/containers/${id}/kill?signal=${signal}`),
    pause: async (id) => act('POST', `/containers/${id}/pause`),
    unpause: async (id) => act('POST', `/containers/${id}/unpause`),
    remove: async (id) => act('DELETE', `/containers/${id}?force=true&v=true`),
    logs: async (id) => {
      const { body } = await call(
        socketPath,
        'GET',
        `/containers/${id}/logs?stdout=true&stderr=true&tail=40`,
      );
      return withoutFrames(body);
    },
  };
}

/**
 * The engine that answers on this machine.
 * @throws FetchFailedError with every socket that was tried
 */
export async function findEngine(env: Readonly<Record<string, string | undefined>>): Promise<DockerEngine> {
  const tried: string[] = [];
  for (const socketPath of socketsOf(env)) {
    const engine = dockerEngine(socketPath);
    try {
      await engine.ping();
      return engine;
    } catch (error) {
      tried.push(`${socketPath}: ${reasonOf(error)}`);
    }
  }
  throw new FetchFailedError(`no engine answers (${tried.join('; ')})`);
}

/**
 * Where an engine may listen: DOCKER_HOST alone if it is set, else the usual sockets.
 * @throws FetchFailedError for an engine that is not on this machine: its ports are not on 127.0.0.1
 */
export function socketsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  const host = env['DOCKER_HOST'];
  if (host) {
    if (host.startsWith('unix://')) return [host.slice('unix://'.length)];
    throw new FetchFailedError(
      `DOCKER_HOST is ${host}; the stack works with an engine behind a unix:// socket only`,
    );
  }
  const home = env['HOME'] || homedir();
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    ...['.docker/run', '.docker/desktop', '.colima/default', '.orbstack/run', '.rd'].map((path) =>
      join(home, path, 'docker.sock'),
    ),
  ];
}

interface Inspected {
  readonly State: {
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly Status: string;
    readonly ExitCode: number;
  };
}

function stateOf({ State }: Inspected): ContainerState {
  return {
    running: State.Running,
    status: State.Running ? State.Status : `${State.Status} with status ${State.ExitCode}`,
  };
}

/** Log lines come in frames: a type, three zeros, the length, and that many bytes. */
export function withoutFrames(body: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= body.length;) {
    const length = body.readUInt32BE(at + 4);
    text += body.toString('utf8', at + 8, at + 8 + length);
    at += 8 + length;
  }
  return text.trim();
}

/** Makes one call. 404 and 304 (already so) count as normal answers; any worse status throws with the engine's message. */
async function call(
  socketPath: string,
  method: string,
  path: string,
  timeout = CALL_TIMEOUT_MS,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, timeout, headers: { host: 'engine' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const [status, body] = [response.statusCode ?? 0, Buffer.concat(chunks)];
        if (status < 400 || status === 404) resolve({ status, body });
        else
          reject(
            new FetchFailedError(
              `the engine answered ${status} to ${method} ${path}: ${body.toString('utf8').trim()}`,
            ),
          );
      });
    });
    sent.on('timeout', () => sent.destroy(new FetchFailedError(`no answer within ${timeout} ms`)));
    sent.on('error', reject);
    sent.end();
  });
}
