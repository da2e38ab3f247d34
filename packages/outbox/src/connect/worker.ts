import { ConnectRefusedError, ConnectUnavailableError } from './errors.ts';
import type { ConnectorConfig } from './connector-config.ts';
import { pause } from '../relay/pause.ts';

const TIMEOUT_MS = 30_000;
/** A worker answers 409 while its group redistributes the work, and 404 to calls on something that it does not know yet. */
const BUSY_TRIES = 60;
const BUSY_PAUSE_MS = 500;

/** The state of a connector and its tasks. */
export interface ConnectorStatus {
  readonly state: string;
  readonly trace?: string | undefined;
  readonly tasks: readonly { readonly state: string; readonly trace?: string | undefined }[];
}

/** The committed position of a connector in the binary log. */
export interface CommittedOffset {
  readonly file: string;
  readonly pos: number;
  readonly gtids?: string | undefined;
  readonly ts_sec?: number | undefined;
  /** Set until the snapshot is over. */
  readonly snapshot?: unknown;
}

interface ValidationAnswer {
  readonly configs: readonly {
    readonly value: { readonly name: string; readonly errors?: readonly string[] } | null;
  }[];
}

/** The REST interface of a Connect cluster. Every call can be repeated. */
export class ConnectWorker {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url of any worker; user and password in it are sent as basic authentication */
  constructor(url: string) {
    const parsed = new URL(url);
    const login = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
    this.#headers = {
      'content-type': 'application/json',
      ...(login === ':' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
    };
    parsed.username = '';
    parsed.password = '';
    this.#url = parsed.href.replace(/\/+$/, '');
  }

  /** Returns the classes of the connectors that are installed on the workers. */
  async connectorClasses(): Promise<string[]> {
    const plugins = (await this.#call('GET', '/connector-plugins')) as readonly { readonly class: string }[];
    return plugins.map((plugin) => plugin.class);
  }

  /** Returns a connector's configuration as it was set, without `name`; undefined when there is no such connector. */
  async config(name: string): Promise<ConnectorConfig | undefined> {
    const config = (await this.#call('GET', `${path(name)}/config`)) as ConnectorConfig | undefined;
    if (config === undefined) return undefined;
    const { name: _name, ...rest } = config;
    return rest;
  }

  async status(name: string): Promise<ConnectorStatus | undefined> {
    const status = (await this.#call('GET', `${path(name)}/status`)) as
      { connector: { state: string; trace?: string }; tasks: ConnectorStatus['tasks'] } | undefined;
    return status && { ...status.connector, tasks: status.tasks };
  }

  /** Undefined before the first commit. */
  async offset(name: string): Promise<CommittedOffset | undefined> {
    const answer = (await this.#call('GET', `${path(name)}/offsets`)) as
      { offsets: readonly { offset: CommittedOffset }[] } | undefined;
    return answer?.offsets[0]?.offset;
  }

  /**
   * Returns what Connect and the connector find wrong with a configuration. They try to reach the database for this check.
   */
  async problems(name: string, config: ConnectorConfig): Promise<string[]> {
    const kind = config['connector.class'] ?? '';
    const answer = (await this.#call('PUT', `/connector-plugins/${kind}/config/validate`, {
      ...config,
      name,
    })) as ValidationAnswer | undefined;
    return (answer?.configs ?? []).flatMap(({ value }) =>
      (value?.errors ?? []).map((error) => `${value!.name}: ${firstLine(error)}`),
    );
  }

  /** Creates a connector, or changes its configuration. */
  async putConfig(name: string, config: ConnectorConfig): Promise<void> {
    await this.#call('PUT', `${path(name)}/config`, config);
  }

  async resume(name: string): Promise<void> {
    await this.#call('PUT', `${path(name)}/resume`);
  }

  /** Restarts those parts of a connector that have failed. */
  async restartFailed(name: string): Promise<void> {
    await this.#call('POST', `${path(name)}/restart?includeTasks=true&onlyFailed=true`);
  }

  /** Ends the tasks of a connector. The connector keeps its configuration and offsets. */
  async stop(name: string): Promise<void> {
    await this.#call('PUT', `${path(name)}/stop`);
  }

  /** Forgets the offsets of a connector that is stopped. */
  async deleteOffsets(name: string): Promise<void> {
    await this.#call('DELETE', `${path(name)}/offsets`);
  }

  async delete(name: string): Promise<void> {
    await this.#call('DELETE', path(name));
  }

  /** Returns the parsed answer; undefined for 404. */
  async #call(method: string, target: string, body?: unknown): Promise<unknown> {
    for (let tries = 1; ; tries += 1) {
      const { status, text } = await this.#send(method, target, body);
      if (status === 404) return undefined;
      if (status < 300) return text === '' ? {} : JSON.parse(text);
      const message = `Kafka Connect: ${method} ${target} answered ${status}: ${messageOf(text)}`;
      if (status < 500 && status !== 409) throw new ConnectRefusedError(message);
      // Workers that are about to rebalance say so with 409 or with a text.
      const busy = status === 409 || text.includes('rebalance');
      if (!busy || tries >= BUSY_TRIES) throw new ConnectUnavailableError(message);
      await pause(BUSY_PAUSE_MS, AbortSignal.timeout(TIMEOUT_MS));
    }
  }

  async #send(method: string, target: string, body: unknown): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(`${this.#url}${target}`, {
        method,
        headers: this.#headers,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      const inner = (cause as Error).cause;
      const reason =
        inner instanceof Error && inner.message !== '' ? inner.message : (cause as Error).message;
      throw new ConnectUnavailableError(`Kafka Connect at ${this.#url} does not answer: ${reason}`, {
        cause,
      });
    }
  }
}

function path(name: string): string {
  return `/connectors/${encodeURIComponent(name)}`;
}

/** Returns the first line of the message in an answer's body. */
function messageOf(text: string): string {
  let message = text;
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    // Not Connect's own answer.
  }
  return firstLine(message);
}

/** The first line of a trace or message, 300 characters of it at the most. */
export function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300);
}

/** Returns the first line of the trace of the connector or task that has failed; undefined when none has. */
export function failureOf(status: ConnectorStatus | undefined): string | undefined {
  if (status === undefined) return undefined;
  const failed = [status, ...status.tasks].find(({ state }) => state === 'FAILED');
  return failed && firstLine(failed.trace ?? 'no trace');
}
