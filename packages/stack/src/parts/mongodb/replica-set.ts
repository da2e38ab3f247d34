import { type Db, type Document, MongoServerError } from 'mongodb';
import { ServerStartError } from '../../errors.ts';
import type { ServerRecord } from '../../stack/state.ts';
import type { Servers } from '../part.ts';
import { checkMongo, withMongo } from './check.ts';
import { memberId, mongoHost } from './settings.ts';

/**
 * Makes fresh servers a replica set; on kept data whose ports have changed, corrects the addresses. The call for the first
 * member does this for all; the other members are ready once they belong to the set.
 */
export async function initiateReplicaSet(record: ServerRecord, servers: Servers): Promise<void> {
  if (record.id === memberId(0)) await initiate(record, membersOf(record, servers));
  await checkMongo(record);
}

/** @throws ServerStartError while one of them has not been started */
function membersOf({ group = 1 }: ServerRecord, servers: Servers): readonly ServerRecord[] {
  return Array.from({ length: group }, (_, member) => {
    const found = servers[memberId(member)];
    if (found?.process == null) throw new ServerStartError(`${memberId(member)} has not been started yet`);
    return found;
  });
}

async function initiate(first: ServerRecord, members: readonly ServerRecord[]): Promise<void> {
  const hosts = members.map(({ ports }) => mongoHost(ports['main'] ?? 0));
  await withMongo(first.url, true, async (client) => {
    const admin = client.db('admin');
    const config = await currentConfig(() => admin.command({ replSetGetConfig: 1 }));
    if (config === null) {
      await admin.command({
        replSetInitiate: { _id: 'rs0', members: hosts.map((host, member) => ({ _id: member, host })) },
      });
      return;
    }
    const now = config['members'] as readonly { readonly _id: number; readonly host: string }[];
    if (now.every(({ host }, member) => host === hosts[member])) {
      await electFirst(admin);
      return;
    }
    const corrected = {
      ...config,
      version: Number(config['version']) + 1,
      members: now.map((member, at) => ({ ...member, host: hosts[at] })),
    };
    await admin.command({ replSetReconfig: corrected, force: true });
  });
}

/**
 * Makes this member stand for election if there is no primary: by themselves, members wait 10 s before they elect the first
 * one.
 */
async function electFirst(admin: Db): Promise<void> {
  const { primary } = await admin.command({ hello: 1 });
  // Refused until the others are there.
  if (primary === undefined) await admin.command({ replSetStepUp: 1 }).catch(() => undefined);
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
