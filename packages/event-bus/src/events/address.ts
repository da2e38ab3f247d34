import { InvalidEventError } from '../errors.ts';

/** Who an instance is on the bus. */
export interface BusAddress {
  /** The group of instances of one service, such as `order-service`. */
  readonly server: string;
  /** The instance within it; no other has it at the same time. */
  readonly id: string;
}

/** The destination of an event for all instances. */
export const EVERYONE = '**';

const NAME = '[A-Za-z0-9._-]{1,100}';
const BUS_ID = new RegExp(`^${NAME}:${NAME}$`);
const DESTINATION = new RegExp(`^(\\*\\*|${NAME}(:${NAME})?)$`);

/**
 * The text of an address, `server:id`.
 *
 * @throws InvalidEventError when a part is not 1 to 100 letters, digits, dots, dashes or underscores
 */
export function busId({ server, id }: BusAddress): string {
  const text = `${server}:${id}`;
  if (BUS_ID.test(text)) return text;
  throw new InvalidEventError(
    `"${text}" is no bus id: each part is 1 to 100 letters, digits, dots, dashes or underscores`,
  );
}

/** Whether a text can be a destination: `server`, `server:id` or `**`. */
export function isDestination(text: string): boolean {
  return DESTINATION.test(text);
}

/** Whether an event for `destination` is meant for an instance. */
export function isMeantFor(destination: string, { server, id }: BusAddress): boolean {
  return destination === EVERYONE || destination === server || destination === `${server}:${id}`;
}
