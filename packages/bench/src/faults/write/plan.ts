// A request follows from its key. So a check can make the request anew and compare the rows with it, and no request need be
// kept.

/** The caller of every request, as its role and name. */
export const CALLER = { role: 'service', subject: 'faults' } as const;

/** The shop of every order. Its texts are of the kind that careless quoting changes. */
export const SHOP = { shopId: 's-1', name: 'Joe\'s \\ "떡볶이" 🍜', currency: 'KRW' } as const;

/** What the shop sells; position = number in its menu. */
export const MENUS = Array.from({ length: 8 }, (_, at) => ({
  menuId: `menu-${at}`,
  name: `dish ${at} ${['plain', "cook's", 'back\\slash', '떡', '"quoted"', '; COMMIT; --', '🍚', '%_'][at]}`,
  price: BigInt(1_000 + at * 137),
}));

/** Lines of every order. */
export const LINES = 3;

export interface PlannedLine {
  readonly menuId: string;
  readonly name: string;
  readonly unitPrice: bigint;
  readonly quantity: number;
}

export interface PlannedOrder {
  readonly memberId: string;
  /** The key itself: it shows two orders of one key, whatever has become of the stored key. */
  readonly note: string;
  readonly line1: string;
  readonly lines: readonly PlannedLine[];
  readonly total: bigint;
}

/** The key of the `index`-th placement. */
export function placementKey(index: number): string {
  return `p-${index}`;
}

/** The index in a key of {@link placementKey}; NaN for another text. */
export function indexOfKey(key: string): number {
  return /^p-\d+$/.test(key) ? Number(key.slice(2)) : Number.NaN;
}

/** What the placement of a key asks for. */
export function plannedOrder(key: string): PlannedOrder {
  const index = indexOfKey(key);
  const lines = Array.from({ length: LINES }, (_, line) => {
    const { menuId, name, price } = MENUS[(index * 5 + line * 3) % MENUS.length]!;
    return { menuId, name, unitPrice: price, quantity: 1 + ((index + line) % 4) };
  });
  return {
    memberId: `m-${index % 97}`,
    note: key,
    line1: `${index} O'Hara \\ street, 서울`,
    lines,
    total: lines.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * BigInt(quantity), 0n),
  };
}

/** The commands that take an order along its way, one after the other. */
export const COMMANDS = ['pay', 'accept', 'cook', 'ready', 'dispatch', 'pickup', 'deliver'] as const;

export type OrderStep = (typeof COMMANDS)[number];
