// What benchmarks share with the API, so that both sides validate and write alike. No part of the package's contract.
import type { OrderSnapshot } from '@ordershard/order-events';
import { orderJson } from './http/order-json.ts';

export { ApiMetrics } from './http/api-metrics.ts';
export { parseJson as parseExactJson } from './http/json.ts';
export { placeOrderBody as placeOrderSchema } from './http/schemas/requests.ts';
export { createTokenVerifier } from './http/token-verifier.ts';
export { migrate } from './migrate.ts';
export { registerTableMetrics } from './readiness/table-metrics.ts';
export { registerRefusalMetrics } from './readiness/refusal-metrics.ts';
export { openKeyRing, readApiSettings, readShardSettings } from './settings.ts';
export { snapshotOfView, type OrderViewDocument } from './views/view-document.ts';

/** The API's JSON of an order, as text. */
export const stringifyOrder = (order: OrderSnapshot): string => JSON.stringify(orderJson(order));
