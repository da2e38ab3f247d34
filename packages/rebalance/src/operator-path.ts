import { dirname, resolve } from 'node:path';

/**
 * A path as the operator means it: relative to the folder that they are in. `npm run` starts a command in the folder of its
 * package, and says in `INIT_CWD` where it was called.
 */
export function operatorPath(
  path: string,
  env: NodeJS.ProcessEnv = process.env,
  cwd = process.cwd(),
): string {
  const { npm_package_json: packageFile, INIT_CWD: calledIn } = env;
  const byNpm = packageFile !== undefined && dirname(packageFile) === cwd;
  return resolve(byNpm ? (calledIn ?? cwd) : cwd, path);
}
