import type { Scene } from '../scene.ts';
import { ID_HEADER } from '../foreign.ts';
import { bytesOf } from '../topic-bytes.ts';

/**
 * Finds events of numbers that no shard has without the view, or the letter, that they had to become; and takes these views
 * away, which are of no order.
 */
export async function checkForeignViews(scene: Scene): Promise<void> {
  const wanted = scene.foreign.sent.filter(({ fate }) => fate === 'view' || fate === 'view or letter');
  if (wanted.length === 0) return;
  const numbers = wanted.map(({ number }) => number!);
  const there = new Set<string>();
  for await (const { _id } of scene.views.find({ _id: { $in: numbers } }).project({ _id: 1 }))
    there.add(String(_id));
  const letters = new Set<string>();
  const origins = new Set<string>();
  for await (const { headers } of bytesOf(scene.brokers, scene.deadLetterTopic)) {
    const named = new Map(headers.map(([name, value]) => [String(name), String(value)]));
    letters.add(named.get(ID_HEADER) ?? '');
    origins.add(`${named.get('dlq-topic')} ${named.get('dlq-partition')} ${named.get('dlq-offset')}`);
  }
  for (const { id, fate, number, place, offset } of wanted) {
    const isLetter = letters.has(id) || origins.has(`${place} ${offset}`);
    if (there.has(String(number)) || (fate === 'view or letter' && isLetter)) continue;
    scene.findings.add('lost', String(number), `${place} at ${offset} became neither a view nor a letter`);
  }
  await scene.views.deleteMany({ _id: { $in: numbers } });
}
