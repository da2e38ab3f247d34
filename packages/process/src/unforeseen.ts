import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

/**
 * Returns the text that users see for an unexpected error: its code and message, and the name of the file in which it has
 * written all that is known of the error, with its stack.
 */
export function unforeseen(name: string, error: unknown): string {
  const { code, message = String(error) } = (error ?? {}) as { code?: unknown; message?: string };
  const said = `${typeof code === 'string' ? `${code}: ` : ''}${message === '' ? 'no message' : message}`;
  const stamp = new Date().toISOString().replaceAll(':', '').slice(0, 17);
  const file = join(tmpdir(), `${name}-${stamp}-${process.pid}.log`);
  try {
    // Deep enough for the causes; the file is its owner's alone.
    writeFileSync(file, `${new Date().toISOString()} ${inspect(error, { depth: 5 })}\n`, { mode: 0o600 });
  } catch {
    return `failed unexpectedly: ${said}`;
  }
  return `failed unexpectedly: ${said} (details: ${file})`;
}
