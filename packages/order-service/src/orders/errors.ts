import type { Actor, OrderStatus } from '@ordershard/order-events';
import type { OrderCommand } from './command.ts';

/** What every error of the order domain has. A retry is of no use: the same call gets the same answer. */
export abstract class OrderError extends Error {
  abstract readonly code: string;
  readonly retryable = false;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No order has this number, or the caller may not see the order that has it. */
export class OrderNotFoundError extends OrderError {
  readonly code = 'ORDER_NOT_FOUND';

  constructor(number: bigint | string, options?: ErrorOptions) {
    super(`there is no order ${number}`, options);
  }
}

/** The order is past its retention: it can be read, and changed only once an operator has restored it. */
export class OrderArchivedError extends OrderError {
  readonly code = 'ORDER_ARCHIVED';

  constructor(number: bigint, options?: ErrorOptions) {
    super(
      `order ${number} is past its retention and archived; an operator can restore it, with: shard-rebalance retention restore ${number}`,
      options,
    );
  }
}

/** The order's state does not allow the command. */
export class TransitionError extends OrderError {
  readonly code = 'ORDER_TRANSITION';
  readonly command: OrderCommand['type'];
  /** The state that the order is in; undefined when there is no order. */
  readonly status: OrderStatus | undefined;

  constructor(command: OrderCommand['type'], status: OrderStatus | undefined, why?: string) {
    super(
      `cannot ${command} an order that ${status === undefined ? 'does not exist' : `is ${status}`}${why === undefined ? '' : `: ${why}`}`,
    );
    this.command = command;
    this.status = status;
  }
}

/** This role may not give the command, in whatever state the order is. */
export class ActorNotAllowedError extends OrderError {
  readonly code = 'ORDER_ACTOR_NOT_ALLOWED';

  constructor(command: OrderCommand['type'], actor: Actor) {
    super(`a ${actor} may not ${command} an order`);
  }
}

/** A field of the command holds a value that the domain refuses; `field` is its path, such as `items[0].menuId`. */
export abstract class OrderFieldError extends OrderError {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** The shop is not in the catalogue. */
export class UnknownShopError extends OrderFieldError {
  readonly code = 'ORDER_UNKNOWN_SHOP';

  constructor() {
    super('shopId', 'there is no such shop');
  }
}

/** The shop has no such menu. */
export class UnknownMenuError extends OrderFieldError {
  readonly code = 'ORDER_UNKNOWN_MENU';

  constructor(index: number) {
    super(`items[${index}].menuId`, 'the shop has no such menu');
  }
}

/** An amount does not fit into 64 bits. */
export class AmountRangeError extends OrderFieldError {
  readonly code = 'ORDER_AMOUNT_RANGE';
}

/** The order has no line, or one with a quantity that is not a positive whole number. */
export class InvalidLinesError extends OrderFieldError {
  readonly code = 'ORDER_INVALID_LINES';
}

/** The order would not cost what the caller expects; total in minor units. */
export class TotalMismatchError extends OrderFieldError {
  readonly code = 'ORDER_TOTAL_MISMATCH';
  readonly total: bigint;

  constructor(expected: bigint, total: bigint) {
    super('expectedTotal', `the order costs ${total}, not ${expected}`);
    this.total = total;
  }
}

/** The order is not at one of the versions that the command is for. Nothing was changed. */
export class VersionMismatchError extends OrderError {
  readonly code = 'ORDER_VERSION_MISMATCH';
  /** The version that it is at. */
  readonly version: number;

  constructor(number: bigint, version: number) {
    super(`order ${number} is at version ${version}`);
    this.version = version;
  }
}

/** The number is that of another order, or of one that was placed with another request. */
export class NumberTakenError extends OrderError {
  readonly code = 'ORDER_NUMBER_TAKEN';

  constructor(number: bigint, options?: ErrorOptions) {
    super(`order ${number} was placed with another request`, options);
  }
}

/** No order can be placed under the number: it was drawn too long ago, or for a time to come. */
export class NumberNotUsableError extends OrderError {
  readonly code = 'ORDER_NUMBER_NOT_USABLE';

  constructor(number: bigint, options?: ErrorOptions) {
    super(`no order can be placed under ${number}: draw a new number`, options);
  }
}
