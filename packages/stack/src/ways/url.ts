import { UserServerError } from '../errors.ts';
import type { Part } from '../parts/part.ts';
import type { StartContext } from '../stack/context.ts';

/**
 * Uses the user's own servers: checks that each answers, and starts nothing.
 * @throws UserServerError when one does not answer: the user meant it, so no other way is tried
 */
export async function useUrls(part: Part, value: string, context: StartContext): Promise<void> {
  const records = part.fromUrl(value, context.shape);
  await Promise.all(
    records.map(async (record) => {
      try {
        await part.check(record);
      } catch (error) {
        throw new UserServerError(part.variable, withoutPassword(record.url), error);
      }
      context.file.putServer(record);
    }),
  );
  context.report(`${part.name}: yours, by ${part.variable}`);
}

/** A URL as it may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/(\/\/[^:@/]*):[^@/]*@/, '$1:***@');
}
