import type { Address, Basket, Menu, Shop } from './order.ts';
import { type Random, randomOf } from './random.ts';

const KITCHENS = [
  {
    name: '엄마손 떡볶이',
    dishes: ['떡볶이', '순대', '튀김', '김밥', '라볶이', '어묵탕'],
    currency: 'KRW',
    step: 500,
  },
  {
    name: '황금올리브 치킨',
    dishes: ['후라이드', '양념치킨', '반반', '치즈볼', '콜라 1.25L', '무 추가'],
    currency: 'KRW',
    step: 500,
  },
  {
    name: "O'Brien's Pizza",
    dishes: ['Margherita', 'Quattro "Stagioni"', 'Calzone', 'Tiramisù', 'Cola'],
    currency: 'USD',
    step: 25,
  },
  {
    name: '麺屋 さくら',
    dishes: ['醤油ラーメン', '味噌ラーメン', '餃子', '替え玉', '唐揚げ'],
    currency: 'JPY',
    step: 10,
  },
  {
    name: 'Burger 🍔 & Fries',
    dishes: ['Classic', 'Double 50%', 'Fries', 'Shake', 'Veggie; no bun'],
    currency: 'USD',
    step: 25,
  },
  { name: '北京饺子', dishes: ['猪肉白菜', '韭菜鸡蛋', '酸辣汤', '小笼包'], currency: 'KRW', step: 500 },
  { name: 'Crêperie Zoë', dishes: ['Galette complète', 'Crêpe sucre', 'Cidre'], currency: 'EUR', step: 10 },
] as const;

/** A price above 2^53: it shows any code that turns an amount into a floating-point number. */
const BANQUET: Menu = {
  menuId: 'banquet',
  name: 'Banquet for the whole country',
  price: 9_007_199_254_740_993n,
};

const STREETS = ['테헤란로', '올림픽로', 'Main Street', '桜通り', "Rue de l'Église"] as const;
const NOTES = [
  '문 앞에 놓아 주세요',
  'Ring twice',
  "Don't ring; the baby sleeps",
  'No onions, please',
  '젓가락 2개 🙏',
  'Call 010-2345-6789 at the gate',
] as const;

/** The shops of a run, from its seed alone; about one for each hundred orders, between 3 and 60. */
export function planShops(seed: number, orders: number): Shop[] {
  const count = Math.min(60, Math.max(3, Math.ceil(orders / 100)));
  return Array.from({ length: count }, (_, index) => {
    const random = randomOf(seed, `shop-${index}`);
    const kitchen = KITCHENS[index % KITCHENS.length]!;
    const menus: Menu[] = kitchen.dishes.map((name, dish) => ({
      menuId: `menu-${dish + 1}`,
      name,
      price: BigInt(kitchen.step * random.integer(4, 48)),
    }));
    return {
      shopId: `shop-${String(index + 1).padStart(3, '0')}`,
      name:
        index < KITCHENS.length ? kitchen.name : `${kitchen.name} ${Math.floor(index / KITCHENS.length) + 1}`,
      currency: kitchen.currency,
      menus: index === 0 ? [...menus, BANQUET] : menus,
    };
  });
}

/** How many members order on a day with so many orders. */
export function memberCount(orders: number): number {
  return Math.max(10, Math.ceil(orders / 8));
}

/** Draws what is ordered: some shops and members order more than others. */
export function planBasket(random: Random, shops: readonly Shop[], members: number): Basket {
  const shop = shops[skewed(random, shops.length)]!;
  const member = skewed(random, members) + 1;
  const menus = new Set(Array.from({ length: random.integer(1, 3) }, () => dishOf(random, shop)));
  const lines = [...menus].map((menu) => ({ menu, quantity: menu === BANQUET ? 1 : random.integer(1, 3) }));
  return {
    memberId: `member-${String(member).padStart(5, '0')}`,
    shopId: shop.shopId,
    items: lines.map(({ menu, quantity }) => ({ menuId: menu.menuId, quantity })),
    total: lines.reduce((sum, { menu, quantity }) => sum + menu.price * BigInt(quantity), 0n),
    note: random.chance(0.3) ? random.pick(NOTES) : undefined,
    deliveryAddress: random.chance(0.8) ? addressOf(random) : undefined,
  };
}

/** Any dish, but the banquet only now and then: three of them would not fit into 64 bits for long. */
function dishOf(random: Random, shop: Shop): Menu {
  const dish = random.pick(shop.menus);
  return dish === BANQUET && !random.chance(0.1) ? shop.menus[0]! : dish;
}

/** An index below `count`; low ones come up more often (the square of an even draw). */
function skewed(random: Random, count: number): number {
  return Math.floor(random.fraction() ** 2 * count);
}

function addressOf(random: Random): Address {
  return {
    line1: `${random.pick(STREETS)} ${random.integer(1, 400)}`,
    ...(random.chance(0.5) ? { line2: `${random.integer(1, 20)}F` } : {}),
    city: '서울',
    postalCode: String(random.integer(1_000, 63_999)).padStart(5, '0'),
  };
}
