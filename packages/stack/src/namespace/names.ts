import { randomBytes } from 'node:crypto';

/** The names that one namespace has in each kind of server. */
export interface NamespaceNames {
  /** Database on every shard and in MongoDB; at most 63 bytes, begins with `ordershard`. */
  readonly database: string;
  /** Before every topic and consumer group; ends with a dot. */
  readonly topicPrefix: string;
}

/** Draws names that no other namespace has: from a label for people, and random text. */
export function drawNames(label: string, random: string = randomBytes(5).toString('hex')): NamespaceNames {
  const word =
    label
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_+|_+$/g, '')
      .slice(0, 32) || 'test';
  return { database: `ordershard_${word}_${random}`, topicPrefix: `${word.replaceAll('_', '-')}-${random}.` };
}

/** The same URL with another database, its query kept. Works on text: a MongoDB URL may list several hosts. */
export function withDatabase(url: string, database: string): string {
  const match = /^([a-z+]+:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(url);
  return match === null ? url : `${match[1]}/${database}${match[2] ?? ''}`;
}
