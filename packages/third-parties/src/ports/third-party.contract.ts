import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Adapter } from '../calls/called.ts';
import type { Demand, PartyName } from './third-party.ts';

/** What the suite needs of a third party: one that tells the truth, and a way to let time pass for it. */
export interface Subject {
  readonly adapter: Adapter<PartyName>;
  close(): Promise<void>;
}

let demands = 0;

function demand(): Demand {
  demands += 1;
  return {
    key: `contract-${process.pid}-${demands}`,
    number: String(demands),
    shopId: 's-1',
    amount: '9007199254740993',
    currency: 'KRW',
  };
}

/** What every adapter of a third party does. */
export function thirdPartyContract(name: string, open: (party: PartyName) => Promise<Subject>): void {
  describe.each<PartyName>(['payment', 'shop', 'delivery'])(`${name}: the %s`, (party) => {
    const { signal } = new AbortController();
    let subject: Subject;
    let adapter: Adapter<PartyName>;

    beforeAll(async () => {
      subject = await open(party);
      adapter = subject.adapter;
    });

    afterAll(() => subject.close());

    test('knows of nothing that it was not asked for', async () => {
      await expect(adapter.ask(demand().key, signal)).resolves.toBeUndefined();
    });

    test('gives the same key the same answer, and tells it when it is asked', async () => {
      const wanted = demand();
      const first = await adapter.request(wanted, signal);
      await expect(adapter.request(wanted, signal)).resolves.toBe(first);
      await expect(adapter.ask(wanted.key, signal)).resolves.toBe(first);
    });

    test('takes back what it was asked for, once and for all', async () => {
      const wanted = demand();
      await adapter.request(wanted, signal);
      const gone = await adapter.withdraw(wanted.key, signal);
      expect(['voided', 'refunded', 'declined', 'withdrawn', 'refused', 'failed']).toContain(gone);
      await expect(adapter.withdraw(wanted.key, signal)).resolves.toBe(gone);
      await expect(adapter.request(wanted, signal)).resolves.toBe(gone);
    });

    test('does not do later what was withdrawn before it was asked for', async () => {
      const wanted = demand();
      const gone = await adapter.withdraw(wanted.key, signal);
      await expect(adapter.request(wanted, signal)).resolves.toBe(gone);
      expect(['voided', 'withdrawn']).toContain(gone);
    });
  });
}
