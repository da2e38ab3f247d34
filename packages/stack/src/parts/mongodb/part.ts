import { mkdir } from 'node:fs/promises';
import { FetchFailedError } from '../../errors.ts';
import { versions } from '../../versions.ts';
import type { NativeServer, Part } from '../part.ts';
import { parseServerUrls } from '../urls.ts';
import { checkMongo } from './check.ts';
import { mongoContainer } from './container.ts';
import { installMongo, type MongoInstall } from './install.ts';
import { initiateReplicaSet } from './replica-set.ts';
import { memberId, MONGOD_OPTIONS, mongoUrl } from './settings.ts';

/** The read model's store: a replica set of one, or of several members. */
export const mongodbPart: Part = {
  name: 'mongodb',
  title: () => `MongoDB ${versions.mongodb.version}`,
  variable: 'ORDERSHARD_MONGODB_URL',
  after: [],
  advice: ['pip: apt-get install python3-pip'],
  fromUrl: (value) => {
    const protocols = ['mongodb:', 'mongodb+srv:'];
    // A list of hosts is one URL, which `URL` cannot read; only the first host is shown.
    const [server] = parseServerUrls(
      'ORDERSHARD_MONGODB_URL',
      value.replace(/(:\/\/[^/,]*),[^/]*/, '$1'),
      protocols,
      27017,
    );
    const { host, port } = server ?? { host: '', port: 0 };
    return [
      { id: 'mongodb', part: 'mongodb', way: 'url', version: '', host, ports: { main: port }, url: value },
    ];
  },
  native: async (context, { mongodbMembers = 1 }) => {
    const install = await installMongo(context);
    return Array.from({ length: mongodbMembers }, (_, member) =>
      nativeMongo(install, member, mongodbMembers),
    );
  },
  containers: (_context, { mongodbMembers = 1 }) =>
    mongodbMembers === 1
      ? Promise.resolve([mongoContainer()])
      : Promise.reject(new FetchFailedError('several members of MongoDB are started natively only')),
  check: checkMongo,
  makeReady: initiateReplicaSet,
  env: (records) => ({
    ORDERSHARD_MONGODB_URL:
      records.length === 1 ? records[0]!.url : mongoUrl(...records.map(({ ports }) => ports['main'] ?? 0)),
  }),
};

function nativeMongo(install: MongoInstall, member: number, group: number): NativeServer {
  return {
    id: memberId(member),
    version: install.version,
    portNames: ['main'],
    prepare: async (place) => {
      await mkdir(place.dataDir, { recursive: true, mode: 0o700 });
    },
    launch: (place) => ({
      command: install.command,
      args: [
        ...install.args,
        ...MONGOD_OPTIONS,
        '--dbpath',
        place.dataDir,
        '--bind_ip',
        '127.0.0.1',
        '--port',
        String(place.ports['main']),
      ],
      cwd: place.dir,
      env: {},
      logFile: place.logFile,
    }),
    describe: (place) => ({
      url: mongoUrl(place.ports['main'] ?? 0),
      ...(group === 1 ? {} : { group }),
    }),
  };
}
