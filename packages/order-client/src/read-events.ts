import { ConnectionError } from './errors.ts';

export interface ReceivedEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Reads server-sent events (WHATWG HTML, section 9.2.6) as they come. Comments and events without data are passed over.
 *
 * @throws ConnectionError when the stream is cut off
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let event = '';
  let data: string[] = [];
  const chunks = body.getReader();
  try {
    for (;;) {
      const { done, value } = await chunks.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      text = lines.pop()!;
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') };
          [event, data] = ['', []];
          continue;
        }
        const [, field, value_] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
        if (field === 'event') event = value_ ?? '';
        if (field === 'data') data.push(value_ ?? '');
      }
    }
  } catch (cause) {
    throw new ConnectionError('the stream was cut off', { cause });
  } finally {
    await chunks.cancel().catch(() => undefined);
  }
}
