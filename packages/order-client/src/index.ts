export { createOrderClient, type InputOf, type OrderClient } from './client.ts';
export { ApiProblemError, ConnectionError, UnexpectedAnswerError } from './errors.ts';
export { parseExact, stringifyExact } from './exact-json.ts';
export type { FollowOptions, OrderEvent } from './follow.ts';
export type { Answer } from './read-answer.ts';
export type { OrderClientOptions, RequestOptions } from './request.ts';
export type * from './generated.ts';
