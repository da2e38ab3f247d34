import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from '@platformatic/kafka';
import { withAdmin } from '../parts/kafka/check.ts';

/** A killed consumer stays a member until its session ends; the removal of a group is retried for that time. */
const GROUP_TRIES = 20;
const GROUP_RETRY_MS = 250;

/** Deletes every topic and consumer group whose name begins with the prefix. An empty prefix deletes nothing. */
export async function deletePrefixed(brokers: string, prefix: string): Promise<void> {
  if (prefix === '') return;
  await withAdmin(brokers, async (admin) => {
    await deleteGroups(admin, prefix);
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}

async function deleteGroups(admin: Admin, prefix: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const groups = [...(await admin.listGroups()).keys()].filter((id) => id.startsWith(prefix));
    if (groups.length === 0) return;
    try {
      for (const groupId of groups)
        await admin.removeMembersFromConsumerGroup({ groupId, members: null }).catch(() => undefined);
      await admin.deleteGroups({ groups });
      return;
    } catch (error) {
      if (attempt >= GROUP_TRIES) throw error;
      await delay(GROUP_RETRY_MS);
    }
  }
}
