import { attachStack, mintToken, StackStateError } from '@ordershard/stack';
import type { Basket } from './plan/order.ts';
import { KEPT_STACK, type Scene } from './scene.ts';

const HALF_A_DAY = 43_200;

/** What to do with what `--keep` left running: where it is, and calls that work as they are pasted. */
export async function keepHint(
  { origin, env, stores, stack }: Scene,
  { memberId, shopId, items }: Basket,
): Promise<string> {
  const token = await mintToken({ role: 'member', subject: memberId, ttlSeconds: HALF_A_DAY }, env);
  const authorization = `-H 'Authorization: Bearer ${token}'`;
  const own = stack.parts.some((part) => part.way === 'url');
  const order = JSON.stringify({ shopId, items: items.slice(0, 1) });
  return [
    'Everything is left running:',
    `  API      ${origin}`,
    ...stores.shards.map((url, shard) => `  shard ${shard}  ${own ? withoutPassword(url) : url}`),
    `  Kafka    ${stores.brokers.join(',')}, topic ${stores.topic}`,
    `  MongoDB  ${own ? withoutPassword(stores.mongodb) : stores.mongodb}, collection order_views`,
    '',
    'Place an order:',
    `curl -sS -X POST '${origin}/v1/orders' ${authorization} -H 'Content-Type: application/json' -H "Idempotency-Key: mine-$(date +%s)" -d ${shellQuote(order)}; echo`,
    'Read the newest orders of its member:',
    `curl -sS '${origin}/v1/members/${encodeURIComponent(memberId)}/orders?limit=3' ${authorization}; echo`,
    '',
    'End it all: npm run demo -- --stop',
    ...(own
      ? ['On the servers that are yours, these databases and this topic are left for you to remove.']
      : []),
  ].join('\n');
}

/** Ends what `--keep` left running, processes and servers. Gives a line about it. */
export async function stopKept(): Promise<string> {
  try {
    await attachStack(KEPT_STACK).stop();
    return 'ended what was left running';
  } catch (error) {
    if (error instanceof StackStateError) return 'nothing was left running';
    throw error;
  }
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
