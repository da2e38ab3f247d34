import { attachStack, mintToken, StackStateError } from '@ordershard/stack';
import { API_CALLS } from './api-calls.ts';
import { KEPT_STACK, type Scene } from './scene.ts';

const HALF_A_DAY = 43_200;

/** Returns a text that says how to use what `--keep` left running: where it is, and calls to paste as they are. */
export async function keepHint({ origin, env, stores, stack }: Scene): Promise<string> {
  const tokenOf = (role: 'operator' | 'member', subject: string) =>
    mintToken({ role, subject, ttlSeconds: HALF_A_DAY }, env);
  const own = stack.parts.some((part) => part.way === 'url');
  return [
    'Everything is left running:',
    `  API      ${origin}, its documentation ${origin}/docs/`,
    ...stores.shards.map((url, shard) => `  shard ${shard}  ${own ? withoutPassword(url) : url}`),
    `  Kafka    ${stores.brokers.join(',')}, topic ${stores.topic}`,
    `  MongoDB  ${own ? withoutPassword(stores.mongodb) : stores.mongodb}, collection order_views`,
    '',
    'Calls of the API, to be pasted:',
    '',
    `export API='${origin}'`,
    `export OPERATOR='${await tokenOf('operator', 'op-1')}'`,
    `export MEMBER='${await tokenOf('member', 'm-1')}'`,
    '',
    API_CALLS,
    '',
    ...(own ? [] : operatorsHint(env)),
    'End it all: npm run demo -- --stop',
    ...(own
      ? ['On the servers that are yours, these databases and this topic are left for you to remove.']
      : []),
  ].join('\n');
}

/** Settings of the cluster that operators' commands read. */
const OPERATORS = [
  'ORDERSHARD_CLUSTER',
  'ORDERSHARD_MYSQL_URLS',
  'ORDERSHARD_KAFKA_BROKERS',
  'ORDERSHARD_TOPIC_PREFIX',
  'ORDERSHARD_MONGODB_URL',
] as const;

/** Commands of an operator, for a shell at the project's root. */
function operatorsHint(env: Readonly<Record<string, string>>): readonly string[] {
  return [
    'Commands of an operator, to be pasted:',
    '',
    ...OPERATORS.flatMap((name) => (env[name] === undefined ? [] : [`export ${name}='${env[name]}'`])),
    'npm run shard-rebalance -- topology show',
    '',
  ];
}

/** Ends what `--keep` left running, processes and servers. Returns a line about it. */
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
