import { closeSync, openSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { connectShardRouter, RouterError, shardsFromUrls } from '@ordershard/shard-router';

// Draws numbers as fast as it can and writes them to a file, 8 bytes each; drawing.ts runs it. When `stopAt` numbers
// are left it stops itself in the midst of drawing, as a SIGSTOP from outside does at an unlucky moment.

const CHUNK = 2_000;

const settings = process.env as Record<string, string>;
const router = await connectShardRouter({
  clusterId: settings['DRAW_CLUSTER']!,
  shards: shardsFromUrls(settings['DRAW_URLS']!.split(',')),
  holder: settings['DRAW_HOLDER']!,
});
const file = openSync(settings['DRAW_FILE']!, 'w');
const stopAt = Number(settings['DRAW_STOP_AT']);
const chunk = new BigUint64Array(CHUNK);
say({ msg: 'ready' });

let refusals = 0;
let stopped = false;
for (let left = Number(settings['DRAW_COUNT']); left > 0;) {
  let drawn = 0;
  try {
    for (; drawn < Math.min(CHUNK, left); drawn += 1) {
      if (left - drawn === stopAt && !stopped) {
        stopped = true;
        say({ msg: 'stops' });
        process.kill(process.pid, 'SIGSTOP');
      }
      chunk[drawn] = router.drawNumber();
    }
  } catch (error) {
    if (!(error instanceof RouterError && error.retryable)) throw error;
    // Without a lease: asked again when there may be one.
    refusals += 1;
    await sleep(2);
  }
  writeSync(file, chunk, 0, drawn * BigUint64Array.BYTES_PER_ELEMENT);
  left -= drawn;
  await nextTurn(); // So that the lease can be renewed.
}
closeSync(file);
// Keeps the lease until the process that started this one has seen enough.
process.once('SIGTERM', () => void router.close());
say({ msg: 'drawn', refusals });

function say(line: Readonly<Record<string, unknown>>): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
