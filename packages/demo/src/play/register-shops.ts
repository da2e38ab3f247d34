import type { Shop } from '../plan/order.ts';
import { CallFailedError } from './errors.ts';
import { persist } from './persist.ts';
import type { Stage } from './play-life.ts';
import { shopRequest } from './requests.ts';

const AT_A_TIME = 8;

type Registrar = Pick<Stage, 'client' | 'tokens' | 'counters' | 'signal'>;

/** Registers shops with their menus. Returns why the API refused some, by shop. Throws when the API does not answer. */
export async function registerShops(stage: Registrar, shops: Iterable<Shop>): Promise<Map<string, string>> {
  const token = await stage.tokens.of('service', 'demo');
  const refused = new Map<string, string>();
  const rest = shops[Symbol.iterator]();
  const register = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const shop = next.value;
      try {
        await persist(stage.client, { ...shopRequest(shop), token }, 201, stage.counters, stage.signal);
      } catch (error) {
        if (!(error instanceof CallFailedError) || error.status === undefined || error.status >= 500)
          throw error;
        refused.set(shop.shopId, error.detail);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, register));
  return refused;
}
