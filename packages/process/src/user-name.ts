import { userInfo } from 'node:os';

/** Who runs this process, by the operating system; its number where it has no name, as in a container. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] || `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
