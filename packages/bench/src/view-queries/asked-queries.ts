import type { Db, Document } from 'mongodb';

/** A query of a collection, as it reached the server, and the plan that the server explained for it. */
export interface AskedQuery {
  /** Who asked for what, in short: the same for queries that differ in values only. */
  readonly shape: string;
  /** The stages of the plan, the outermost first. */
  readonly stages: readonly string[];
  /** The names of the indexes that it goes by. */
  readonly indexes: readonly string[];
  readonly returned: number;
  readonly examined: number;
}

/** Room for all that is noted: bytes. */
const LOG_SIZE = 64 * 1_048_576;

/** Members of a command that say how it was sent, not what it asks for. */
const ENVELOPE = /^(?:\$.*|lsid|txnNumber|apiVersion|readConcern|cursor)$/;

/**
 * Has MongoDB itself note every read of `collection` while `fn` runs, whichever process sends it, and explains each. A
 * count, a distinct or an aggregation is explained like a find.
 */
export async function askedDuring(
  db: Db,
  collection: string,
  fn: () => Promise<void>,
): Promise<readonly AskedQuery[]> {
  await db.createCollection('system.profile', { capped: true, size: LOG_SIZE });
  await db.command({ profile: 2 });
  try {
    await fn();
  } finally {
    await db.command({ profile: 0 });
  }
  const noted = await db
    .collection<{ appName: string; command: Document }>('system.profile')
    .find({ ns: `${db.databaseName}.${collection}`, op: { $in: ['query', 'command'] } })
    .toArray();
  const asked: AskedQuery[] = [];
  for (const { appName, command } of noted) {
    const query = Object.fromEntries(Object.entries(command).filter(([name]) => !ENVELOPE.test(name)));
    asked.push({ shape: `${appName} ${shapeOf(query)}`, ...(await explained(db, query)) });
  }
  return asked;
}

async function explained(db: Db, asked: Document): Promise<Omit<AskedQuery, 'shape'>> {
  const explain = 'aggregate' in asked ? { ...asked, cursor: {} } : asked;
  const answer = await db.command({ explain, verbosity: 'executionStats' });
  const planner = answer['queryPlanner'] as Document | undefined;
  const winning = planner?.['winningPlan'] as Document | undefined;
  if (winning === undefined) throw new TypeError(`no plan is explained for ${shapeOf(asked)}`);
  const plan = (winning['queryPlan'] as Document | undefined) ?? winning;
  const all = stagesOf(plan);
  const stats = answer['executionStats'] as Document;
  return {
    stages: all.map(({ stage }) => String(stage)),
    indexes: [
      ...new Set(
        all.flatMap(({ stage, indexName }) =>
          indexName === undefined ? (stage === 'IDHACK' ? ['_id_'] : []) : [String(indexName)],
        ),
      ),
    ],
    returned: Number(stats['nReturned']),
    examined: Number(stats['totalDocsExamined']),
  };
}

/** A stage and all below it. */
function stagesOf(stage: Document): Document[] {
  const below = [stage['inputStage'], ...((stage['inputStages'] as Document[] | undefined) ?? [])];
  return [stage, ...below.flatMap((each) => (each === undefined ? [] : stagesOf(each as Document)))];
}

/** A command with its values left out: names of fields and operators, and the directions of its order. */
function shapeOf({ filter, sort, ...rest }: Document): string {
  const [verb] = Object.keys(rest);
  return `${verb} ${JSON.stringify(withoutValues(filter ?? rest['query'] ?? rest['pipeline']))} ${JSON.stringify(sort ?? {})}`;
}

function withoutValues(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return '?';
  if (Array.isArray(value))
    return [...new Map(value.map(withoutValues).map((v) => [JSON.stringify(v), v])).values()];
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutValues(inner)]));
}
