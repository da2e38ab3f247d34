import { userInfo } from 'node:os';

/** Returns the name of the user who runs this process; the user's number if there is no name, as in a container. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] || `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
