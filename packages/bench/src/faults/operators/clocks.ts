import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RowDataPacket } from 'mysql2';
import { decodeNumber } from '@ordershard/shard-router';
import { removeClockLeftOvers } from '@ordershard/stack';
import { CLUSTER } from '../../move/store.ts';
import { withPlain } from '../connect.ts';
import { Client } from '../write/client.ts';
import { COMMANDS } from '../write/plan.ts';
import { Writer } from '../write/writer.ts';
import { said, toItsEnd } from './commands.ts';
import { type OperatorScene, SHARDS } from './scene.ts';

const ROUTER = fileURLToPath(new URL('../move/file-router.ts', import.meta.url));
const REASON = ['--yes', '--reason', 'faults'];
/** The code of the error when a process is to draw a number by a wrong clock. */
const CLOCK_APART = 'ROUTER_CLOCK_APART';
/** How many orders a process changes by a wrong clock, and how many it tries to place. */
const ORDERS = 10;
const STEPS = COMMANDS.slice(0, 3);
const EPOCH_IN_MS = 900_000;
/** The longest time until a command has asked the shards what time it is, milliseconds. */
const ASKED_WITHIN_MS = 120_000;

/** Runs a command by a wrong clock. It has to end well. Returns its output; undefined after a finding. */
async function endsWell(
  scene: OperatorScene,
  args: readonly string[],
  clock: ReturnType<OperatorScene['wrongClock']>,
): Promise<string | undefined> {
  const end = await toItsEnd(scene, args, clock.env);
  if (end.code === 0) return end.stdout;
  scene.findings.add(
    'misjudged',
    args.join(' '),
    `by a clock that is ${clock.text} it ended with ${end.code}: ${said(end)}`,
  );
  return undefined;
}

/** Moves buckets by a wrong clock. The rows that they leave must stay for as long as the shards' clocks say. */
export async function moveByWrongClock(scene: OperatorScene): Promise<string | undefined> {
  const clock = scene.wrongClock();
  const moves = await scene.someMoves(2);
  const plan = await scene.planFor(moves);
  try {
    await scene.runPlan(plan, clock.env);
  } finally {
    await rm(plan, { force: true });
  }
  const owners = await scene.owners();
  const astray = moves.filter(({ bucket, to }) => owners[bucket] !== to);
  for (const { bucket, to } of astray)
    scene.findings.add(
      'misjudged',
      `bucket ${bucket}`,
      `was to move to ${to}, and is with ${owners[bucket]}`,
    );
  const cleaned = await endsWell(scene, ['cleanup', ...REASON, '--output', 'json'], clock);
  if (cleaned === undefined) return undefined;
  const { 'rows removed': removed } = JSON.parse(cleaned.trim().split('\n').at(-1)!) as Record<
    string,
    unknown
  >;
  if (Number(removed) !== 0)
    scene.findings.add(
      'misjudged',
      'cleanup',
      `by a clock that is ${clock.text} it removed ${String(removed)} rows before their time`,
    );
  return astray.length === 0
    ? `buckets moved by a clock that is ${clock.text}, and nothing was cleaned up`
    : undefined;
}

/** Runs retention by a wrong clock. No day may leave a shard before its time. */
export async function retainByWrongClock(scene: OperatorScene): Promise<string | undefined> {
  const clock = scene.wrongClock();
  const archive = join(scene.folder, 'archive');
  await mkdir(archive, { recursive: true });
  if ((await endsWell(scene, ['archive', 'init', '--archive', archive, ...REASON], clock)) === undefined)
    return undefined;
  const before = await partitionsOf(scene);
  const days = ['--keep-days', '1', '--keep-outbox-days', '1'];
  const args = ['retention', 'run', '--archive', archive, ...days, ...REASON];
  if ((await endsWell(scene, args, clock)) === undefined) return undefined;
  const after = new Set(await partitionsOf(scene));
  for (const partition of before.filter((one) => !after.has(one)))
    scene.findings.add('lost', partition, `dropped by a clock that is ${clock.text}`);
  return `retention ran by a clock that is ${clock.text}: ${before.length} partitions before, ${after.size} after`;
}

async function partitionsOf({ store }: OperatorScene): Promise<readonly string[]> {
  return withPlain(store.urls, async (connections) => {
    const all = await Promise.all(
      connections.map(async (connection, shard) => {
        const [rows] = await connection.query<RowDataPacket[]>(
          `SELECT table_name AS name, partition_name AS part FROM information_schema.partitions
            WHERE table_schema = DATABASE() AND partition_name IS NOT NULL`,
        );
        return rows.map(({ name, part }) => `shard ${shard}, ${name as string}, ${part as string}`);
      }),
    );
    return all.flat();
  });
}

/** Opens an epoch by a wrong clock, and aborts it. The epoch has to begin by the shards' clocks. */
export async function openByWrongClock(scene: OperatorScene): Promise<string | undefined> {
  const clock = scene.wrongClock();
  const empty = String(scene.random.between(0, SHARDS));
  const { epochs: before } = await scene.map();
  const asked = Date.now();
  const open = ['epoch', 'open', '--in', String(EPOCH_IN_MS / 1_000), '--empty', empty, ...REASON];
  if ((await endsWell(scene, open, clock)) === undefined) return undefined;
  const { epochs } = await scene.map();
  const begins = decodeNumber(BigInt(epochs.at(-1)!.from)).timeMs - asked;
  if (
    epochs.length !== before.length + 1 ||
    begins < EPOCH_IN_MS - 1_000 ||
    begins > EPOCH_IN_MS + ASKED_WITHIN_MS
  )
    scene.findings.add(
      'misjudged',
      'epoch open',
      `by a clock that is ${clock.text} it begins in ${begins} ms`,
    );
  if ((await endsWell(scene, ['epoch', 'abort', ...REASON], scene.wrongClock())) === undefined)
    return undefined;
  const left = (await scene.map()).epochs.length;
  if (left !== before.length)
    scene.findings.add('misjudged', 'epoch abort', `${left} epochs are left of ${before.length} before`);
  return `an epoch was opened by a clock that is ${clock.text}, was to begin in ${Math.round(begins / 1_000)} s, and was taken back`;
}

/** Starts a process with a wrong clock. It must draw no numbers by its clock, and do everything else right. */
export async function processOfWrongClock(scene: OperatorScene): Promise<string | undefined> {
  const { crew, store, findings } = scene;
  const clock = scene.wrongClock();
  const placed = await Promise.all(
    Array.from({ length: ORDERS }, () => crew.client.expect({ kind: 'place', key: crew.load.nextKey() })),
  );
  const env = { ...store.env, ...clock.env };
  const writer = await Writer.start({ clusterId: CLUSTER, urls: store.urls, router: ROUTER, env });
  try {
    const client = new Client(Promise.resolve(writer), crew.journal, findings, () => (crew.answered += 1));
    const codes = await Promise.all(
      Array.from({ length: ORDERS }, async () => {
        const answer = await writer.ask({ kind: 'place', key: crew.load.nextKey() });
        if (!answer.ok) return answer.code;
        findings.add('misjudged', answer.number, `drawn by a clock that is ${clock.text}`);
        return undefined;
      }),
    );
    for (const code of codes)
      if (code !== undefined && code !== CLOCK_APART)
        findings.add('misjudged', 'a number', `refused with ${code} by a clock that is ${clock.text}`);
    for (const { number } of placed.filter((order) => order.ok)) {
      for (const [at, step] of STEPS.entries())
        await client.expect({ kind: 'change', key: `clock-${at}-${number}`, number, step });
      const answer = await client.request({ kind: 'read', key: `read ${number}`, number });
      if (!answer.ok || answer.version !== STEPS.length + 1)
        findings.add(
          'mismatched',
          number,
          `read by a clock that is ${clock.text}: ${JSON.stringify(answer)}`,
        );
    }
    return codes.every((code) => code === CLOCK_APART)
      ? `a process whose clock is ${clock.text} drew no number, and changed ${placed.length} orders`
      : undefined;
  } finally {
    const { pid } = writer;
    await writer.kill();
    removeClockLeftOvers(pid, env);
  }
}
