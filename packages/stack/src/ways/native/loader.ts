import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FetchFailedError } from '../../errors.ts';

/** How a program of a private root is run with the libraries of that root. */
export interface Loader {
  readonly command: string;
  readonly args: readonly string[];
}

const LIBRARY_FOLDERS = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib64', 'lib64', 'usr/lib'];
const LOADERS = ['usr/lib64', 'lib64', 'usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'];

/**
 * Runs a program by the dynamic loader of a private root. The root's C library must not be mixed with the system's
 * loader, which LD_LIBRARY_PATH would do.
 *
 * @param first library folders that come before the root's own
 */
export function privateLoader(root: string, program: string, first: readonly string[] = []): Loader {
  const loader = LOADERS.map((folder) => join(root, folder, 'ld-linux-x86-64.so.2')).find((path) =>
    existsSync(path),
  );
  if (loader === undefined) throw new FetchFailedError(`no dynamic loader below ${root}`);
  const own = LIBRARY_FOLDERS.map((folder) => join(root, folder)).filter((path) => existsSync(path));
  return { command: loader, args: ['--library-path', [...first, ...own].join(':'), program] };
}
