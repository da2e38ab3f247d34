import { MongoClient, MongoServerError, type Document } from 'mongodb';
import { ServerStartError } from '../../errors.ts';
import type { ServerRecord } from '../../stack/state.ts';

const TIMEOUT_MS = 3_000;

/** Opens a client for the time of one callback. `direct` asks the one server, whatever its replica set says. */
export async function withMongo<T>(
  url: string,
  direct: boolean,
  use: (client: MongoClient) => Promise<T>,
): Promise<T> {
  const target = direct ? withoutReplicaSet(url) : url;
  const client = new MongoClient(target, {
    directConnection: direct,
    serverSelectionTimeoutMS: TIMEOUT_MS,
    connectTimeoutMS: TIMEOUT_MS,
    socketTimeoutMS: TIMEOUT_MS * 5,
  });
  try {
    return await use(client);
  } finally {
    await client.close(true);
  }
}

/** The same URL without `replicaSet`, which a direct connection would insist on before it is initiated. */
export function withoutReplicaSet(url: string): string {
  const [base = '', query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.delete('replicaSet');
  const rest = parameters.toString();
  return rest === '' ? base : `${base}?${rest}`;
}

/** Throws unless the server answers; one that the stack started must be the primary and the process that was meant. */
export async function checkMongo(record: ServerRecord): Promise<void> {
  await withMongo(record.url, record.way !== 'url', async (client) => {
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 });
    if (record.way === 'url') return;
    if (hello['isWritablePrimary'] !== true)
      throw new ServerStartError(`${record.url} is not the primary yet`);
    if (record.process) await checkPid(admin.command({ serverStatus: 1 }), record);
  });
}

async function checkPid(status: Promise<Document>, record: ServerRecord): Promise<void> {
  const pid = Number((await status)['pid']);
  if (pid === record.process?.pid) return;
  throw new ServerStartError(`${record.url} is answered by process ${pid}, not by ${record.process?.pid}`);
}

/** Makes a fresh server a replica set of one; on kept data whose port has changed, corrects its address. */
export async function initiateReplicaSet(record: ServerRecord): Promise<void> {
  const host = `127.0.0.1:${record.ports['main']}`;
  await withMongo(record.url, true, async (client) => {
    const admin = client.db('admin');
    const config = await currentConfig(() => admin.command({ replSetGetConfig: 1 }));
    if (config === null) {
      await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
    } else if (config['members'][0].host !== host) {
      const corrected = {
        ...config,
        version: Number(config['version']) + 1,
        members: [{ ...config['members'][0], host }],
      };
      await admin.command({ replSetReconfig: corrected, force: true });
    }
  });
  await checkMongo(record);
}

async function currentConfig(ask: () => Promise<Document>): Promise<Document | null> {
  try {
    return (await ask())['config'] as Document;
  } catch (error) {
    // 94: NotYetInitialized.
    if (error instanceof MongoServerError && error.code === 94) return null;
    throw error;
  }
}
