import type { Fault } from '../fault.ts';
import type { Poison } from '../messages.ts';
import type { Scene } from '../scene.ts';

/** Placements that are asked for together with the bad unit. */
const NEIGHBOURS = 16;
/** The bad unit may go by itself: then it is asked for again. */
const TRIES = 20;

/** The error that each is refused with. */
const CODES: Readonly<Record<Poison, string>> = {
  duplicate: 'ROUTER_DUPLICATE_ROW',
  'too long': 'ER_DATA_TOO_LONG',
  'wrong bucket': 'ROUTER_GUARD_REFUSED',
};

/** One of the units that are merged into a transaction cannot be applied. It fails, and the others do not. */
export const poison = poisonOf(Object.keys(CODES) as Poison[]);

/** {@link poison} of some kinds. */
export function poisonOf(kinds: readonly Poison[]): Fault {
  return {
    name: 'poison unit',
    happen: async (scene) => {
      const bad = scene.random.pick(kinds);
      for (let tries = 0; tries < TRIES; tries += 1) {
        const landed = await attempt(scene, bad);
        if (landed !== undefined) return landed;
      }
      return undefined;
    },
  };
}

async function attempt(scene: Scene, bad: Poison): Promise<string | undefined> {
  const { client, load, proxies } = scene;
  const taken = await load.reserve();
  const key = `poison-${load.nextKey()}`;
  const texts: string[] = [];
  const stop = proxies[scene.shardOf(taken.number)]!.onText((text) => {
    if (text.includes(key)) texts.push(text);
  });
  const neighbours = Array.from({ length: NEIGHBOURS }, () => load.nextKey());
  try {
    const place = (keys: readonly string[]) =>
      keys.map((neighbour) => client.expect({ kind: 'place', key: neighbour }));
    const before = place(neighbours.slice(0, NEIGHBOURS / 2));
    const refused = client.request({ kind: 'poison', key, poison: bad, number: taken.number });
    const after = place(neighbours.slice(NEIGHBOURS / 2));
    const answer = await refused;
    const placed = await Promise.all([...before, ...after]);
    if (answer.ok) scene.findings.add('duplicated', key, 'a unit that cannot be applied was acknowledged');
    if (answer.ok || answer.code !== CODES[bad]) return undefined;
    const together = neighbours.filter(
      (neighbour, at) => placed[at]!.ok && texts.some((text) => text.includes(`'${neighbour}'`)),
    );
    if (together.length === 0) return undefined;
    return `${bad}: ${answer.code}, and ${together.length} units that were sent with it are there`;
  } finally {
    stop();
    await load.advance(taken);
  }
}
