import { MongoClient, type Document } from 'mongodb';
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

/**
 * Throws unless the server answers. A server that the stack started must be the intended process. It must be the primary, or,
 * among several members, belong to their set, which must have a primary.
 */
export async function checkMongo(record: ServerRecord): Promise<void> {
  await withMongo(record.url, record.way !== 'url', async (client) => {
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 });
    if (record.way === 'url') return;
    const isSecondary = (record.group ?? 1) > 1 && hello['secondary'] === true;
    if (hello['isWritablePrimary'] !== true && (!isSecondary || hello['primary'] === undefined))
      throw new ServerStartError(
        `${record.url} ${isSecondary ? 'has no primary' : 'is not the primary'} yet`,
      );
    if (record.process) await checkPid(admin.command({ serverStatus: 1 }), record);
  });
}

async function checkPid(status: Promise<Document>, record: ServerRecord): Promise<void> {
  const pid = Number((await status)['pid']);
  if (pid === record.process?.pid) return;
  throw new ServerStartError(`${record.url} is answered by process ${pid}, not by ${record.process?.pid}`);
}
