import { ENDINGS, STEPS, type EndingType, type Step } from '../../orders/command.ts';
import { actorsOf } from '../../orders/rules.ts';
import type { Operation } from '../operation.ts';
import type { ProblemName } from '../problem.ts';
import { changeResults, drawnNumber, history, order } from '../schemas/answers.ts';
import { changesBody, emptyBody, orderQuery, placeOrderBody, reasonBody } from '../schemas/requests.ts';

const EVERYONE = ['member', 'shop', 'operator', 'service'] as const;

const PLACING = [
  'refused-order',
  'total-mismatch',
  'inflow-throttled',
  'outcome-unknown',
] as const satisfies ProblemName[];

/** Lines of an order that are written in the time of one. */
const ORDER_COST = { of: 'items', per: 20 } as const;

export const placeOrder = {
  id: 'placeOrder',
  tag: 'orders',
  method: 'POST',
  path: '/v1/orders',
  summary: 'Place an order',
  description:
    'With an Idempotency-Key the request can be sent again: it is carried out once, and answered alike. Requests with the same key that come in while the first is under way wait for it.',
  roles: actorsOf('place'),
  headers: ['Idempotency-Key', 'Reader-Token', 'traceparent'],
  body: placeOrderBody,
  cost: ORDER_COST,
  answers: {
    201: {
      description: 'The order.',
      schema: order,
      headers: ['Location', 'ETag', 'Order-Version', 'Idempotent-Replayed', 'Reader-Token'],
    },
  },
  problems: [...PLACING, 'idempotency-key-reused'],
} as const satisfies Operation;

export const drawNumber = {
  id: 'drawOrderNumber',
  tag: 'orders',
  method: 'POST',
  path: '/v1/order-numbers',
  summary: 'Draw an order number, to place an order under',
  description:
    'It is of a shard that lives now, can be used for some five minutes, and costs nothing when it is not. Placing by number goes on while shards are down.',
  roles: actorsOf('place'),
  body: emptyBody,
  bodyOptional: true,
  answers: { 200: { description: 'The number.', schema: drawnNumber } },
} as const satisfies Operation;

export const placeNumberedOrder = {
  id: 'placeNumberedOrder',
  tag: 'orders',
  method: 'PUT',
  path: '/v1/orders/{number}',
  summary: 'Place an order under a number that was drawn',
  description: 'The number is its own idempotency key: the same request can be sent again.',
  roles: actorsOf('place'),
  headers: ['Reader-Token', 'traceparent'],
  body: placeOrderBody,
  cost: ORDER_COST,
  repeatsByPath: true,
  answers: {
    200: {
      description: 'The order as it was placed by an earlier request.',
      schema: order,
      headers: ['ETag', 'Order-Version', 'Idempotent-Replayed', 'Reader-Token'],
    },
    201: {
      description: 'The order.',
      schema: order,
      headers: ['Location', 'ETag', 'Order-Version', 'Reader-Token'],
    },
  },
  problems: [...PLACING, 'order-not-found', 'number-taken', 'number-not-usable'],
} as const satisfies Operation;

export const getOrder = {
  id: 'getOrder',
  tag: 'orders',
  method: 'GET',
  path: '/v1/orders/{number}',
  summary: 'Read an order',
  roles: EVERYONE,
  query: orderQuery,
  headers: ['If-None-Match', 'Reader-Token'],
  answers: {
    200: { description: 'The order.', schema: order, headers: ['ETag', 'Reader-Token'] },
    304: { description: 'The caller has this version.', headers: ['ETag', 'Reader-Token'] },
  },
  problems: ['order-not-found', 'version-not-reached'],
} as const satisfies Operation;

export const getHistory = {
  id: 'getOrderHistory',
  tag: 'orders',
  method: 'GET',
  path: '/v1/orders/{number}/history',
  summary: 'Read what happened to an order',
  roles: EVERYONE,
  query: orderQuery,
  headers: ['Reader-Token'],
  answers: { 200: { description: 'Its history.', schema: history, headers: ['Reader-Token'] } },
  problems: ['order-not-found', 'version-not-reached'],
  compressed: true,
} as const satisfies Operation;

export const trackOrder = {
  id: 'trackOrder',
  tag: 'orders',
  method: 'GET',
  path: '/v1/orders/{number}/events',
  summary: 'Follow an order live',
  description:
    'Server-sent events: one a version of the order, from the first, or after the one that Last-Event-ID names. The id of an event is the version, its name the type of the event, its data an entry of the history. The stream ends when nothing can happen any more, when the token expires, or after some minutes: connect again with the last id. 204 says that there is nothing to come.',
  roles: EVERYONE,
  headers: ['Last-Event-ID', 'Reader-Token'],
  answers: {
    200: { description: 'The stream.', mediaType: 'text/event-stream' },
    204: { description: 'Nothing can happen to the order after the version that Last-Event-ID names.' },
  },
  problems: ['order-not-found'],
} as const satisfies Operation;

const CHANGING = [
  'order-not-found',
  'order-state',
  'order-archived',
  'version-mismatch',
  'version-conflict',
  'idempotency-key-reused',
  'outcome-unknown',
] as const satisfies ProblemName[];

const SUMMARIES: Readonly<Record<Step | EndingType, string>> = {
  pay: 'An order is paid',
  accept: 'The shop accepts it',
  cook: 'The shop begins to cook',
  ready: 'It is ready',
  dispatch: 'A rider is on the way to it',
  pickup: 'The rider has it',
  deliver: 'It is delivered',
  cancel: 'Cancel an order',
  refund: 'Give the money back',
};

const changed = {
  200: {
    description: 'The order after it.',
    schema: order,
    headers: ['ETag', 'Order-Version', 'Idempotent-Replayed', 'Reader-Token'],
  },
} as const;

/** The operation of each step of an order. */
export const stepOperation = <S extends Step>(step: S) =>
  ({
    id: `${step}Order`,
    tag: 'orders',
    method: 'POST',
    path: `/v1/orders/{number}/${step}`,
    summary: SUMMARIES[step],
    roles: actorsOf(step),
    headers: ['Idempotency-Key', 'If-Match', 'Reader-Token', 'traceparent'],
    body: emptyBody,
    bodyOptional: true,
    answers: changed,
    problems: CHANGING,
  }) as const satisfies Operation;

/** The operation that ends an order early, or undoes it. */
export const endingOperation = <E extends EndingType>(ending: E) =>
  ({
    id: `${ending}Order`,
    tag: 'orders',
    method: 'POST',
    path: `/v1/orders/{number}/${ending}`,
    summary: SUMMARIES[ending],
    roles: actorsOf(ending),
    headers: ['Idempotency-Key', 'If-Match', 'Reader-Token', 'traceparent'],
    body: reasonBody,
    answers: changed,
    problems: CHANGING,
  }) as const satisfies Operation;

export const changeOrders = {
  id: 'changeOrders',
  tag: 'orders',
  method: 'POST',
  path: '/v1/order-changes',
  summary: 'Change many orders',
  description:
    'Each change is carried out by itself, in no particular order between orders, and has a result in the place of its line. An Idempotency-Key stands for each line by itself, so that the whole can be sent again.',
  roles: EVERYONE,
  headers: ['Idempotency-Key', 'Reader-Token', 'traceparent'],
  body: changesBody,
  cost: { of: 'changes', per: 1 },
  answers: {
    200: { description: 'A result for each change.', schema: changeResults, headers: ['Reader-Token'] },
  },
  problems: ['overloaded'],
  compressed: true,
} as const satisfies Operation;

export const orderOperations: readonly Operation[] = [
  placeOrder,
  drawNumber,
  placeNumberedOrder,
  getOrder,
  getHistory,
  trackOrder,
  ...STEPS.map(stepOperation),
  ...ENDINGS.map(endingOperation),
  changeOrders,
];
