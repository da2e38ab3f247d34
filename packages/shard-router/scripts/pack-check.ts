import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createNamespace, startStack } from '@ordershard/stack';

// Packs the package as it would be published, installs it in an empty project, compiles the README there with
// `skipLibCheck: false` and runs its example on real servers; publint and attw look at the tarball.

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');
const MAX_DEPENDENCIES = 5;
const exec = promisify(execFile);

interface PackageJson {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

async function run(what: string, file: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await exec(file, args, { cwd, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${what} failed\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, JSON.stringify(value, null, 2));
}

/** Builds a copy of the package, so that nobody else's build is disturbed, and gives the path of its tarball. */
async function pack(work: string): Promise<string> {
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
  await run('publint', join(BIN, 'publint'), [copy, '--strict', '--pack', 'false'], copy);
  const tarball = join(work, filename);
  await run('attw', join(BIN, 'attw'), [tarball, '--profile', 'esm-only', '--no-emoji'], copy);
  console.log('publint and attw are clean');
  return tarball;
}

/** The blocks of one language in the README. */
async function readmeBlocks(language: string): Promise<readonly string[]> {
  const readme = await readFile(join(PACKAGE, 'README.md'), 'utf8');
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1]!,
  );
}

async function install(project: string, packages: readonly string[]): Promise<void> {
  await run(
    'npm install',
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages],
    project,
  );
}

async function check(work: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as PackageJson;
  const { dependencies, devDependencies, peerDependencies } = manifest;
  const count = Object.keys(dependencies).length;
  if (count > MAX_DEPENDENCIES) throw new Error(`${count} runtime dependencies`);
  const tarball = await pack(work);

  const project = join(work, 'project');
  await mkdir(join(project, 'migrations'), { recursive: true });
  const root = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as PackageJson;
  await writeJson(join(project, 'package.json'), { name: 'importer', private: true, type: 'module' });
  await writeJson(join(project, 'tsconfig.json'), {
    compilerOptions: {
      target: 'es2024',
      module: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: ['node'],
    },
    include: ['*.ts'],
  });
  const [example, ...others] = await readmeBlocks('ts');
  const [migration] = await readmeBlocks('sql');
  await writeFile(join(project, 'example.ts'), example!);
  await writeFile(join(project, 'migrations/0001_parcels.sql'), migration!);
  const pinned = (name: string) => `${name}@${root.devDependencies[name]}`;
  await install(project, [tarball, pinned('typescript'), pinned('@types/node')]);
  await run('compiling the example', 'npx', ['tsc'], project);
  console.log('the README example compiles with nothing else installed');
  await runExample(project);

  await install(
    project,
    [...Object.keys(peerDependencies), '@types/cls-hooked'].map((name) => `${name}@${devDependencies[name]}`),
  );
  await Promise.all(others.map((text, index) => writeFile(join(project, `other-${index}.ts`), text)));
  const subpaths = Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'));
  const imports = subpaths.map(
    (path, index) => `import * as path${index} from '@ordershard/shard-router${path.slice(1)}';`,
  );
  const names = subpaths.map((_, index) => `path${index}`);
  await writeFile(
    join(project, 'subpaths.ts'),
    `${imports.join('\n')}\nfor (const path of [${names.join(', ')}]) if (Object.keys(path).length === 0) throw new Error('empty');\n`,
  );
  await run('compiling the subpaths', 'npx', ['tsc'], project);
  await run('importing the subpaths', process.execPath, ['subpaths.js'], project);
  console.log(`all ${subpaths.length} entries compile and load with their peers`);
}

async function runExample(project: string): Promise<void> {
  const named = process.env['ORDERSHARD_MYSQL_URLS'];
  const stack = named ? undefined : await startStack({ ephemeral: true, shards: 2, parts: ['mysql'] });
  const env = stack?.env ?? { ORDERSHARD_MYSQL_URLS: named! };
  const namespace = await createNamespace({ ORDERSHARD_MYSQL_URLS: env['ORDERSHARD_MYSQL_URLS'] }, 'readme');
  try {
    const { stdout } = await exec(process.execPath, ['example.js'], {
      cwd: project,
      env: { ...process.env, ...namespace.env },
    });
    if (!/body: 'tea'.*body: 'tea'.*on shard [01]/s.test(stdout))
      throw new Error(`the example said: ${stdout}`);
    console.log('the README example runs');
  } finally {
    await namespace.drop();
    await stack?.stop();
  }
}

const work = await mkdtemp(join(tmpdir(), 'ordershard-pack-'));
try {
  await check(work);
} finally {
  await rm(work, { recursive: true, force: true });
}
