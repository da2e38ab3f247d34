// The types of the API, written by `npm run api-docs -- --write` from its OpenAPI document: do not edit.
// 64-bit integers are bigints: JSON.parse would round them.

/** `status` is what the change alone would have been answered with. */
export type ChangeResult = {
  readonly number: OrderNumber;
  readonly status: number;
  readonly order?: Order;
  readonly problem?: Problem;
};

export type ChangeResults = {
  readonly results: readonly ChangeResult[];
};

export type DeliveryAddress = {
  readonly line1: string;
  readonly line2?: string;
  readonly city?: string;
  readonly postalCode?: string;
};

export type DrawnNumber = {
  readonly number: OrderNumber;
};

export type Ending = {
  readonly by: 'member' | 'shop' | 'operator' | 'service';
  readonly reason: string;
};

export type Health = {
  readonly status: string;
  readonly [field: string]: unknown;
};

/** What happened to an order, one entry a version, the oldest first. */
export type History = {
  readonly number: OrderNumber;
  readonly version: number;
  readonly entries: readonly HistoryEntry[];
};

export type HistoryEntry = {
  readonly version: number;
  readonly type: 'order.created' | 'order.paid' | 'order.accepted' | 'order.cooking_started' | 'order.prepared' | 'order.dispatched' | 'order.picked_up' | 'order.delivered' | 'order.cancelled' | 'order.refunded' | 'order.erased';
  readonly status: OrderStatus;
  readonly at: string;
  readonly by?: 'member' | 'shop' | 'operator' | 'service';
  readonly reason?: string;
};

export type Menu = {
  readonly menuId: string;
  readonly name: string;
  readonly price: bigint;
};

export type NewOrder = {
  /** Whose order it is. A member may leave it out; an operator or a service may not. */
  readonly memberId?: string;
  readonly shopId: string;
  readonly items: readonly NewOrderItem[];
  readonly deliveryAddress?: DeliveryAddress;
  readonly note?: string;
  /** What the order should cost, in minor units. It is refused when it would cost something else. */
  readonly expectedTotal?: bigint;
};

export type NewOrderItem = {
  readonly menuId: string;
  readonly quantity: number;
};

/** A shop and its menus. No menu id may be there twice. */
export type NewShop = {
  readonly name: string;
  readonly currency: string;
  readonly menus: readonly Menu[];
};

export type NoFields = Readonly<Record<string, never>>;

/** Amounts are integers of minor units, up to 2^63 - 1: read them exactly. */
export type Order = {
  readonly number: OrderNumber;
  readonly version: number;
  readonly status: OrderStatus;
  readonly memberId: string;
  readonly shopId: string;
  readonly shopName: string;
  readonly currency: string;
  readonly total: bigint;
  readonly items: readonly OrderItem[];
  readonly deliveryAddress?: DeliveryAddress;
  readonly note?: string;
  readonly timeline: readonly {
    readonly status: OrderStatus;
    readonly at: string;
  }[];
  readonly cancellation?: Ending;
  readonly refund?: Ending;
  readonly placedAt: string;
  readonly updatedAt: string;
  /** For an order past its retention: when it was archived. */
  readonly archivedAt?: string;
};

export type OrderChanges = {
  readonly changes: readonly unknown[];
};

export type OrderEnding = {
  readonly number: OrderNumber;
  readonly command: 'cancel' | 'refund';
  readonly reason: string;
  /** The version that the order must be at, as with If-Match. */
  readonly ifVersion?: number;
};

export type OrderItem = {
  readonly line: number;
  readonly menuId: string;
  readonly name: string;
  readonly unitPrice: bigint;
  readonly quantity: number;
  readonly amount: bigint;
};

/** An order number: decimal text of a 63-bit integer. */
export type OrderNumber = string;

/** Orders, the newest first. Without `nextCursor` it is the last page. */
export type OrderPage = {
  readonly orders: readonly Order[];
  readonly nextCursor?: string;
};

export type OrderStatus = 'created' | 'paid' | 'accepted' | 'cooking' | 'ready' | 'dispatched' | 'picked_up' | 'delivered' | 'cancelled' | 'refunded';

export type OrderStep = {
  readonly number: OrderNumber;
  readonly command: 'pay' | 'accept' | 'cook' | 'ready' | 'dispatch' | 'pickup' | 'deliver';
  /** The version that the order must be at, as with If-Match. */
  readonly ifVersion?: number;
};

/** RFC 9457. Types are stable; `detail` is for people. */
export type Problem = {
  readonly type: 'urn:ordershard:problem:malformed-body' | 'urn:ordershard:problem:invalid-request' | 'urn:ordershard:problem:unauthenticated' | 'urn:ordershard:problem:forbidden' | 'urn:ordershard:problem:not-found' | 'urn:ordershard:problem:order-not-found' | 'urn:ordershard:problem:shop-not-found' | 'urn:ordershard:problem:method-not-allowed' | 'urn:ordershard:problem:order-archived' | 'urn:ordershard:problem:number-taken' | 'urn:ordershard:problem:number-not-usable' | 'urn:ordershard:problem:order-state' | 'urn:ordershard:problem:version-not-reached' | 'urn:ordershard:problem:view-behind' | 'urn:ordershard:problem:total-mismatch' | 'urn:ordershard:problem:version-conflict' | 'urn:ordershard:problem:version-mismatch' | 'urn:ordershard:problem:body-too-large' | 'urn:ordershard:problem:unsupported-media-type' | 'urn:ordershard:problem:refused-order' | 'urn:ordershard:problem:refused-shop' | 'urn:ordershard:problem:idempotency-key-reused' | 'urn:ordershard:problem:inflow-throttled' | 'urn:ordershard:problem:too-many-requests' | 'urn:ordershard:problem:internal' | 'urn:ordershard:problem:overloaded' | 'urn:ordershard:problem:unavailable' | 'urn:ordershard:problem:outcome-unknown';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly part?: string;
  /** The fields that are wrong, by paths such as `items[0].quantity`. */
  readonly errors?: readonly {
    readonly field: string;
    readonly message: string;
  }[];
};

export type Reason = {
  readonly reason: string;
};

export type Shop = {
  readonly shopId: string;
  readonly name: string;
  readonly currency: string;
  readonly menus: readonly {
    readonly menuId: string;
    readonly name: string;
    readonly price: bigint;
  }[];
};

/** What each operation takes and gives. */
export interface Operations {
  /** `POST /v1/orders`: Place an order. */
  placeOrder: {
    headers?: { 'Idempotency-Key'?: string; 'Reader-Token'?: string; traceparent?: string };
    body: NewOrder;
    answer: Order;
  };
  /** `GET /v1/orders`: Search orders by status and time. */
  searchOrders: {
    query?: { status?: string; from?: string; to?: string; limit?: number; cursor?: string };
    headers?: { 'Reader-Token'?: string };
    answer: OrderPage;
  };
  /** `POST /v1/order-numbers`: Draw an order number, to place an order under. */
  drawOrderNumber: {
    body?: NoFields;
    answer: DrawnNumber;
  };
  /** `PUT /v1/orders/{number}`: Place an order under a number that was drawn. */
  placeNumberedOrder: {
    path: { number: OrderNumber };
    headers?: { 'Reader-Token'?: string; traceparent?: string };
    body: NewOrder;
    answer: Order;
  };
  /** `GET /v1/orders/{number}`: Read an order. */
  getOrder: {
    path: { number: OrderNumber };
    query?: { minVersion?: number; waitMs?: number };
    headers?: { 'If-None-Match'?: string; 'Reader-Token'?: string };
    answer: Order;
  };
  /** `GET /v1/orders/{number}/history`: Read what happened to an order. */
  getOrderHistory: {
    path: { number: OrderNumber };
    query?: { minVersion?: number; waitMs?: number };
    headers?: { 'Reader-Token'?: string };
    answer: History;
  };
  /** `GET /v1/orders/{number}/events`: Follow an order live. */
  trackOrder: {
    path: { number: OrderNumber };
    headers?: { 'Last-Event-ID'?: string; 'Reader-Token'?: string };
    answer: undefined;
  };
  /** `POST /v1/orders/{number}/pay`: An order is paid. */
  payOrder: {
    path: { number: OrderNumber };
    headers?: { 'Idempotency-Key'?: string; 'If-Match'?: string; 'Reader-Token'?: string; traceparent?: string };
    body?: NoFields;
    answer: Order;
  };
  /** `POST /v1/orders/{number}/accept`: The shop accepts it. */
  acceptOrder: {
    path: { number: OrderNumber };
    headers?: { 'Idempotency-Key'?: string; 'If-Match'?: string; 'Reader-Token'?: string; traceparent?: string };
    body?: NoFields;
    answer: Order;
  };
  /** `POST /v1/orders/{number}/cook`: The shop begins to cook. */
  cookOrder: {
    path: { number: OrderNumber };
    headers?: { 'Idempotency-Key'?: string; 'If-Match'?: string; 'Reader-Token'?: string; traceparent?: string };
    body?: NoFields;
    answer: Order;
  };
  /** `POST /v1/orders/{number}/ready`: It is ready. */
  readyOrder: {
    path: { number: OrderNumber };
    headers?: { 'Idempotency-Key'?: string; 'If-Match'?: string; 'Reader-Token'?: string; traceparent?: string };
    body?: NoFields;
    answer: Order;
  };
  /** `POST /v1/orders/{number}/dispatch`: A rider is on the way to it. */
  dispatchOrder: {
    path: { number: OrderNumber };
    headers?: { 'Idempotency-Key'?: string; 'If-Match'?: string; 'Reader-Token'?: string; traceparent?: string };
    body?: NoFields;
    answer: Order;
  };
  /** `POST /v1/orders/{number}/pickup`: The rider has it. */
  pickupOrder: {
    path: { number: OrderNumber };
    headers?: { 'Idempotency-Key'?: string; 'If-Match'?: string; 'Reader-Token'?: string; traceparent?: string };
    body?: NoFields;
    answer: Order;
  };
  /** `POST /v1/orders/{number}/deliver`: It is delivered. */
  deliverOrder: {
    path: { number: OrderNumber };
    headers?: { 'Idempotency-Key'?: string; 'If-Match'?: string; 'Reader-Token'?: string; traceparent?: string };
    body?: NoFields;
    answer: Order;
  };
  /** `POST /v1/orders/{number}/cancel`: Cancel an order. */
  cancelOrder: {
    path: { number: OrderNumber };
    headers?: { 'Idempotency-Key'?: string; 'If-Match'?: string; 'Reader-Token'?: string; traceparent?: string };
    body: Reason;
    answer: Order;
  };
  /** `POST /v1/orders/{number}/refund`: Give the money back. */
  refundOrder: {
    path: { number: OrderNumber };
    headers?: { 'Idempotency-Key'?: string; 'If-Match'?: string; 'Reader-Token'?: string; traceparent?: string };
    body: Reason;
    answer: Order;
  };
  /** `POST /v1/order-changes`: Change many orders. */
  changeOrders: {
    headers?: { 'Idempotency-Key'?: string; 'Reader-Token'?: string; traceparent?: string };
    body: OrderChanges;
    answer: ChangeResults;
  };
  /** `GET /v1/members/{memberId}/orders`: List the orders of a member. */
  listOrdersOfMember: {
    path: { memberId: string };
    query?: { limit?: number; cursor?: string; atLeast?: string; waitMs?: number };
    headers?: { 'Reader-Token'?: string };
    answer: OrderPage;
  };
  /** `GET /v1/shops/{shopId}/orders`: List the orders of a shop. */
  listOrdersOfShop: {
    path: { shopId: string };
    query?: { limit?: number; cursor?: string; atLeast?: string; waitMs?: number };
    headers?: { 'Reader-Token'?: string };
    answer: OrderPage;
  };
  /** `GET /v1/shops/{shopId}`: Read a shop with its menus. */
  getShop: {
    path: { shopId: string };
    answer: Shop;
  };
  /** `PUT /v1/shops/{shopId}`: Put a shop with its menus in the place of the one that is there. */
  putShop: {
    path: { shopId: string };
    body: NewShop;
    answer: Shop;
  };
  /** `GET /livez`: Whether the process lives. */
  livez: {
    answer: Health;
  };
  /** `GET /readyz`: Whether the process should be sent requests, and what is degraded. */
  readyz: {
    answer: Health;
  };
}

/** Method and path of each operation. */
export const ROUTES = {
  placeOrder: ['POST', '/v1/orders'],
  searchOrders: ['GET', '/v1/orders'],
  drawOrderNumber: ['POST', '/v1/order-numbers'],
  placeNumberedOrder: ['PUT', '/v1/orders/{number}'],
  getOrder: ['GET', '/v1/orders/{number}'],
  getOrderHistory: ['GET', '/v1/orders/{number}/history'],
  trackOrder: ['GET', '/v1/orders/{number}/events'],
  payOrder: ['POST', '/v1/orders/{number}/pay'],
  acceptOrder: ['POST', '/v1/orders/{number}/accept'],
  cookOrder: ['POST', '/v1/orders/{number}/cook'],
  readyOrder: ['POST', '/v1/orders/{number}/ready'],
  dispatchOrder: ['POST', '/v1/orders/{number}/dispatch'],
  pickupOrder: ['POST', '/v1/orders/{number}/pickup'],
  deliverOrder: ['POST', '/v1/orders/{number}/deliver'],
  cancelOrder: ['POST', '/v1/orders/{number}/cancel'],
  refundOrder: ['POST', '/v1/orders/{number}/refund'],
  changeOrders: ['POST', '/v1/order-changes'],
  listOrdersOfMember: ['GET', '/v1/members/{memberId}/orders'],
  listOrdersOfShop: ['GET', '/v1/shops/{shopId}/orders'],
  getShop: ['GET', '/v1/shops/{shopId}'],
  putShop: ['PUT', '/v1/shops/{shopId}'],
  livez: ['GET', '/livez'],
  readyz: ['GET', '/readyz'],
} as const satisfies Readonly<Record<keyof Operations, readonly [string, string]>>;

/** Operations that an Idempotency-Key makes safe to send again. */
export const KEYED: ReadonlySet<keyof Operations> = new Set<keyof Operations>([
  'placeOrder',
  'payOrder',
  'acceptOrder',
  'cookOrder',
  'readyOrder',
  'dispatchOrder',
  'pickupOrder',
  'deliverOrder',
  'cancelOrder',
  'refundOrder',
  'changeOrders',
]);

/** Operations that take what the caller has seen, and say it anew. */
export const READERS: ReadonlySet<keyof Operations> = new Set<keyof Operations>([
  'placeOrder',
  'searchOrders',
  'placeNumberedOrder',
  'getOrder',
  'getOrderHistory',
  'trackOrder',
  'payOrder',
  'acceptOrder',
  'cookOrder',
  'readyOrder',
  'dispatchOrder',
  'pickupOrder',
  'deliverOrder',
  'cancelOrder',
  'refundOrder',
  'changeOrders',
  'listOrdersOfMember',
  'listOrdersOfShop',
]);

/** Fields that hold 64-bit integers, wherever they are. */
export const INT64_FIELDS: ReadonlySet<string> = new Set([
  'amount',
  'expectedTotal',
  'price',
  'total',
  'unitPrice',
]);
