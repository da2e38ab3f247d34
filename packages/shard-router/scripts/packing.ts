import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');

export const exec = promisify(execFile);

/** Runs a program and gives what it said. Throws with that, and with `what` failed. */
export async function run(what: string, file: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await exec(file, args, { cwd, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${what} failed\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, JSON.stringify(value, null, 2));
}

/** Builds a copy of the package in `work`, so that nobody else's build is disturbed, and packs it. */
export async function pack(work: string): Promise<{ readonly copy: string; readonly tarball: string }> {
  const copy = join(work, 'package');
  await mkdir(copy);
  for (const part of ['package.json', 'README.md', 'src', 'migrations'])
    await cp(join(PACKAGE, part), join(copy, part), { recursive: true });
  await cp(join(ROOT, 'LICENSE'), join(copy, 'LICENSE'));
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  await writeJson(join(copy, 'tsconfig.json'), {
    extends: join(ROOT, 'tsconfig.base.json'),
    compilerOptions: { rootDir: 'src', outDir: 'dist', composite: false, incremental: false },
    include: ['src'],
    exclude: ['**/*.test.ts', '**/*.fixture.ts', '**/*.contract.ts', 'src/property'],
  });
  await run('the build', join(BIN, 'tsc'), ['-p', '.'], copy);
  const packed = await run('npm pack', 'npm', ['pack', '--json', '--pack-destination', work], copy);
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  const strays = files.filter(({ path }) =>
    /\.(test|fixture|contract)\.|node_modules|tsbuildinfo/.test(path),
  );
  if (strays.length > 0) throw new Error(`packed by mistake: ${strays.map(({ path }) => path).join(', ')}`);
  console.log(`packed ${filename}: ${files.length} files`);
  return { copy, tarball: join(work, filename) };
}

/** Lets publint and attw look at what was packed. */
export async function lookAt({
  copy,
  tarball,
}: {
  readonly copy: string;
  readonly tarball: string;
}): Promise<void> {
  await run('publint', join(BIN, 'publint'), [copy, '--strict', '--pack', 'false'], copy);
  await run('attw', join(BIN, 'attw'), [tarball, '--profile', 'esm-only', '--no-emoji'], copy);
  console.log('publint and attw are clean');
}

/** Installs packages into a project, none of their scripts run. */
export async function install(project: string, packages: readonly string[]): Promise<void> {
  await run(
    'npm install',
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages],
    project,
  );
}
