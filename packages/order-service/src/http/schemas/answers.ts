import { z } from 'zod';
import { ACTORS, ORDER_EVENT_TYPES, ORDER_STATUSES } from '@ordershard/order-events';
import { PROBLEMS, TYPE_PREFIX, type ProblemName } from '../problem.ts';
import { amount, id } from './fields.ts';
import { deliveryAddress, orderNumber } from './requests.ts';

const moment = z.string().meta({ format: 'date-time' });
const version = z.number().int().min(1).max(999_999_999);
const status = z.enum(ORDER_STATUSES).meta({ id: 'OrderStatus' });

const ending = z.object({ by: z.enum(ACTORS), reason: z.string() }).meta({ id: 'Ending' });

const line = z
  .object({
    line: z.number().int().min(1),
    menuId: id,
    name: z.string(),
    unitPrice: amount,
    quantity: z.number().int().min(1),
    amount,
  })
  .meta({ id: 'OrderItem' });

/** An order. Amounts are JSON integers of minor units: some are beyond what a double holds. */
export const order = z
  .object({
    number: orderNumber,
    version,
    status,
    memberId: id,
    shopId: id,
    shopName: z.string(),
    currency: z.string(),
    total: amount,
    items: z.array(line),
    deliveryAddress: deliveryAddress.optional(),
    note: z.string().optional(),
    timeline: z.array(z.object({ status, at: moment })),
    cancellation: ending.optional(),
    refund: ending.optional(),
    placedAt: moment,
    updatedAt: moment,
    archivedAt: moment
      .optional()
      .meta({ format: 'date-time', description: 'For an order past its retention: when it was archived.' }),
  })
  .meta({
    id: 'Order',
    description: 'Amounts are integers of minor units, up to 2^63 - 1: read them exactly.',
  });

export const orderPage = z.object({ orders: z.array(order), nextCursor: z.string().optional() }).meta({
  id: 'OrderPage',
  description: 'Orders, the newest first. Without `nextCursor` it is the last page.',
});

export const drawnNumber = z.object({ number: orderNumber }).meta({ id: 'DrawnNumber' });

const historyEntry = z
  .object({
    version,
    type: z.enum(ORDER_EVENT_TYPES),
    status,
    at: moment,
    by: z.enum(ACTORS).optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'HistoryEntry' });

export const history = z
  .object({ number: orderNumber, version, entries: z.array(historyEntry) })
  .meta({ id: 'History', description: 'What happened to an order, one entry a version, the oldest first.' });

export const shop = z
  .object({
    shopId: id,
    name: z.string(),
    currency: z.string(),
    menus: z.array(z.object({ menuId: id, name: z.string(), price: amount })),
  })
  .meta({ id: 'Shop' });

const names = Object.keys(PROBLEMS) as ProblemName[];

export const problem = z
  .object({
    type: z.enum(names.map((name) => `${TYPE_PREFIX}${name}`)),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    part: z.string().optional(),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'The fields that are wrong, by paths such as `items[0].quantity`.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457. Types are stable; `detail` is for people.' });

const changed = z
  .object({
    number: orderNumber,
    status: z.number().int(),
    order: order.optional(),
    problem: problem.optional(),
  })
  .meta({
    id: 'ChangeResult',
    description: '`status` is what the change alone would have been answered with.',
  });

export const changeResults = z.object({ results: z.array(changed) }).meta({ id: 'ChangeResults' });

export const health = z.looseObject({ status: z.string() }).meta({ id: 'Health' });
