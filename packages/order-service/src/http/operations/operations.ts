import type { Operation } from '../operation.ts';
import { listOperations } from './list-operations.ts';
import { orderOperations } from './order-operations.ts';
import { serviceOperations } from './service-operations.ts';
import { shopOperations } from './shop-operations.ts';

/** Everything that the API can be asked, in the order of its documents. */
export const OPERATIONS: readonly Operation[] = [
  ...orderOperations,
  ...listOperations,
  ...shopOperations,
  ...serviceOperations,
];
