import { writeSync, openSync, closeSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { connectShardRouter, RouterError, shardsFromUrls } from '@ordershard/shard-router';

// Draws numbers as fast as it can and writes them to a file, 8 bytes each. How it is run: see drawing.ts.

const CHUNK = 2_000;

const { DRAW_CLUSTER, DRAW_URLS, DRAW_HOLDER, DRAW_COUNT, DRAW_FILE } = process.env as Record<string, string>;
const router = await connectShardRouter({
  clusterId: DRAW_CLUSTER!,
  shards: shardsFromUrls(DRAW_URLS!.split(',')),
  holder: DRAW_HOLDER!,
});
const file = openSync(DRAW_FILE!, 'w');
const chunk = new BigUint64Array(CHUNK);
process.stdout.write(`${JSON.stringify({ msg: 'ready' })}\n`);

let refusals = 0;
for (let left = Number(DRAW_COUNT); left > 0;) {
  let drawn = 0;
  try {
    for (; drawn < Math.min(CHUNK, left); drawn += 1) chunk[drawn] = router.drawNumber();
  } catch (error) {
    if (!(error instanceof RouterError && error.retryable)) throw error;
    // Without a lease: asked again as soon as there may be one.
    refusals += 1;
    await sleep(2);
  }
  writeSync(file, chunk, 0, drawn * BigUint64Array.BYTES_PER_ELEMENT);
  left -= drawn;
  await nextTurn(); // So that the lease can be renewed.
}
closeSync(file);
process.stdout.write(`${JSON.stringify({ msg: 'drawn', refusals })}\n`);
await router.close();
