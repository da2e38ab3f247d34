import { createHmac, timingSafeEqual } from 'node:crypto';

/** The header that proves who has sent a callback. */
export const SIGNATURE_HEADER = 'x-ordershard-signature';

/** The signature of a callback's body: HMAC-SHA-256 in hexadecimal, after `sha256=`. */
export function sign(secret: string, body: string | Buffer): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** Whether a signature is that of a body. */
export function isSigned(secret: string, body: string | Buffer, signature: string | undefined): boolean {
  const [given, right] = [Buffer.from(signature ?? ''), Buffer.from(sign(secret, body))];
  return given.length === right.length && timingSafeEqual(given, right);
}
