import { Admin } from '@platformatic/kafka';
import { ServerStartError } from '../../errors.ts';
import type { ServerRecord } from '../../stack/state.ts';

/** Opens an admin client for the time of one callback. */
export async function withAdmin<T>(brokers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({
    clientId: 'ordershard-stack',
    bootstrapBrokers: brokers.split(',').map((broker) => broker.trim()),
    retries: 1,
    retryDelay: 200,
    connectTimeout: 3_000,
    timeout: 10_000,
  });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

/** Throws unless the broker answers for the intended cluster. */
export async function checkKafka(record: ServerRecord): Promise<void> {
  await withAdmin(record.url, async (admin) => {
    const { id } = await admin.metadata({ topics: [] });
    if (record.identity !== undefined && id !== record.identity) {
      throw new ServerStartError(`${record.url} answers for cluster ${id}, not for ${record.identity}`);
    }
  });
}
