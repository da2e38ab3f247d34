import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNamespace, startStack } from '@ordershard/stack';
import { exec, install, lookAt, pack, PACKAGE, ROOT, run, writeJson } from './packing.ts';

// Packs the package as it would be published, installs it in an empty project, compiles the README there with
// `skipLibCheck: false` and runs its example on real servers; publint and attw look at the tarball.

const MAX_DEPENDENCIES = 5;
interface PackageJson {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** The blocks of one language in the README. */
async function readmeBlocks(language: string): Promise<readonly string[]> {
  const readme = await readFile(join(PACKAGE, 'README.md'), 'utf8');
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1]!,
  );
}

async function check(work: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as PackageJson;
  const { dependencies, devDependencies, peerDependencies } = manifest;
  const count = Object.keys(dependencies).length;
  if (count > MAX_DEPENDENCIES) throw new Error(`${count} runtime dependencies`);
  const packed = await pack(work);
  await lookAt(packed);
  const { tarball } = packed;

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
