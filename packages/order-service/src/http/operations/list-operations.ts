import type { Operation } from '../operation.ts';
import { orderPage } from '../schemas/answers.ts';
import { pageQuery, searchQuery } from '../schemas/requests.ts';

const answers = {
  200: {
    description: 'A page of orders, the newest first.',
    schema: orderPage,
    headers: ['Reader-Token'],
  },
} as const;

/** Orders of a page that are read in the time of one. */
const PAGE_COST = { of: 'limit', per: 20 } as const;

export const searchOrders = {
  id: 'searchOrders',
  tag: 'lists',
  method: 'GET',
  path: '/v1/orders',
  summary: 'Search orders by status and time',
  description: 'Members and shops find their own orders, operators and services those of all.',
  roles: ['member', 'shop', 'operator', 'service'],
  query: searchQuery,
  headers: ['Reader-Token'],
  cost: PAGE_COST,
  answers,
  problems: ['version-not-reached'],
  compressed: true,
} as const satisfies Operation;

export const ordersOfMember = {
  id: 'listOrdersOfMember',
  tag: 'lists',
  method: 'GET',
  path: '/v1/members/{memberId}/orders',
  summary: 'List the orders of a member',
  roles: ['member', 'operator', 'service'],
  query: pageQuery,
  headers: ['Reader-Token'],
  cost: PAGE_COST,
  answers,
  problems: ['view-behind', 'version-not-reached'],
  compressed: true,
} as const satisfies Operation;

export const ordersOfShop = {
  id: 'listOrdersOfShop',
  tag: 'lists',
  method: 'GET',
  path: '/v1/shops/{shopId}/orders',
  summary: 'List the orders of a shop',
  roles: ['shop', 'operator', 'service'],
  query: pageQuery,
  headers: ['Reader-Token'],
  cost: PAGE_COST,
  answers,
  problems: ['view-behind', 'version-not-reached'],
  compressed: true,
} as const satisfies Operation;

export const listOperations: readonly Operation[] = [searchOrders, ordersOfMember, ordersOfShop];
