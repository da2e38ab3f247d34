import { Agent, request } from 'node:http';

/** What the API answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

/** Calls the API of this machine in somebody's name, over connections that are kept alive. */
export class ApiCaller {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;
  readonly #token: string;

  constructor(port: number, token: string) {
    this.#port = port;
    this.#token = token;
  }

  get(path: string): Promise<ApiAnswer> {
    return this.#call('GET', path);
  }

  post(path: string, body: object): Promise<ApiAnswer> {
    return this.#call('POST', path, JSON.stringify(body));
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(method: string, path: string, body?: string): Promise<ApiAnswer> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const options = { host: '127.0.0.1', port: this.#port, agent: this.#agent, method, path, headers };
    return new Promise((resolve, reject) => {
      request(options, (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('error', reject)
          .on('end', () => resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() }));
      })
        .on('error', reject)
        .end(body);
    });
  }
}
