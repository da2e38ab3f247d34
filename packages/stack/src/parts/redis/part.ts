import { connect } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerStartError } from '../../errors.ts';
import type { ServerRecord } from '../../stack/state.ts';
import { upstreamOf, versions } from '../../versions.ts';
import { fetchFromOwnRelease } from '../../ways/native/apt-package.ts';
import { privateLoader } from '../../ways/native/loader.ts';
import type { InstallContext, NativeServer, Part } from '../part.ts';
import { parseServerUrls } from '../urls.ts';

const PROGRAM = 'usr/bin/redis-server';
const TIMEOUT_MS = 3_000;

/** Redis, for the shared cache; on demand. It keeps nothing on disk beyond a clean stop. */
export const redisPart: Part = {
  name: 'redis',
  title: () => `Redis ${versions.redis.version}`,
  variable: 'ORDERSHARD_REDIS_URL',
  after: [],
  advice: ["Debian's or Ubuntu's apt (apt-get, dpkg-deb)"],
  fromUrl: (value) => {
    const [server] = parseServerUrls('ORDERSHARD_REDIS_URL', value, ['redis:', 'rediss:'], 6379);
    const { host, port } = server ?? { host: '', port: 0 };
    return [{ id: 'redis', part: 'redis', way: 'url', version: '', host, ports: { main: port }, url: value }];
  },
  native: async (context) => [await nativeRedis(context)],
  containers: () =>
    Promise.resolve([
      {
        id: 'redis',
        image: versions.redis.image,
        imageSetting: 'REDIS',
        version: versions.redis.version,
        portNames: ['main'],
        inside: { main: 6379 },
        command: () => ['redis-server', '--appendonly', 'no'],
        environment: () => ({}),
        files: () => [],
        describe: ({ ports }) => ({ url: redisUrl(ports['main'] ?? 0) }),
      },
    ]),
  check: checkRedis,
  env: (records) => ({ ORDERSHARD_REDIS_URL: records[0]?.url ?? '' }),
};

async function nativeRedis(context: InstallContext): Promise<NativeServer> {
  const { dir, version } = await fetchFromOwnRelease(context, {
    title: 'Redis',
    key: 'redis',
    pin: versions.redis,
    packageName: versions.redis.apt.package,
    program: PROGRAM,
    probe: ['--version'],
  });
  const { command, args } = privateLoader(dir, join(dir, PROGRAM));
  return {
    id: 'redis',
    version: upstreamOf(version),
    portNames: ['main'],
    prepare: async (place) => {
      await mkdir(place.dataDir, { recursive: true, mode: 0o700 });
    },
    launch: (place) => ({
      command,
      args: [...args, '--bind', '127.0.0.1', '--port', String(place.ports['main']), '--dir', place.dataDir],
      cwd: place.dir,
      env: {},
      logFile: place.logFile,
    }),
    describe: (place) => ({ url: redisUrl(place.ports['main'] ?? 0) }),
  };
}

function redisUrl(port: number): string {
  return `redis://127.0.0.1:${port}`;
}

/** Asks for a PONG. A server that wants a password or TLS first has answered too, which is enough for the user's own. */
async function checkRedis(record: ServerRecord): Promise<void> {
  if (record.url.startsWith('rediss:')) return answer(record, '', /^/);
  await answer(record, 'PING\r\n', record.way === 'url' ? /^[+-]/ : /^\+PONG/);
}

async function answer(record: ServerRecord, question: string, expected: RegExp): Promise<void> {
  const socket = connect({ host: record.host, port: record.ports['main'] ?? 0, timeout: TIMEOUT_MS });
  try {
    const text = await new Promise<string>((resolve, reject) => {
      socket.once('connect', () => (question === '' ? resolve('') : socket.write(question)));
      socket.once('data', (data) => resolve(data.toString('latin1')));
      socket.once('timeout', () => reject(new ServerStartError(`no answer within ${TIMEOUT_MS} ms`)));
      socket.once('error', reject);
      socket.once('close', () => reject(new ServerStartError('the connection was closed')));
    });
    if (!expected.test(text)) throw new ServerStartError(`it answered ${JSON.stringify(text.slice(0, 80))}`);
  } finally {
    socket.destroy();
  }
}
