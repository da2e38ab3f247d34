import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchBucket,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { ArchiveDamagedError, ArchiveMissingError, ArchiveUnavailableError } from './errors.ts';
import type { ArchiveStore, StoredFile } from './store.ts';

export interface S3Options {
  readonly bucket: string;
  /** What all keys begin with, ending in `/`; or empty. */
  readonly prefix: string;
  /** Of a store other than Amazon's, such as `http://minio:9000`. Its buckets are then named by path. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** An archive in a bucket of S3, or of a store that speaks as it does. Credentials come as the AWS SDK finds them. */
export class S3Store implements ArchiveStore {
  readonly url: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor({ bucket, prefix, endpoint, region }: S3Options) {
    this.url = `s3://${bucket}/${prefix}`;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#client = new S3Client({
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(region === undefined ? {} : { region }),
      // Checksums of newer kinds are not known to every store that speaks S3; ours are in the manifest.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async look(): Promise<void> {
    await this.#sending('', async () => {
      try {
        await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }));
      } catch (cause) {
        if (isMissing(cause)) throw this.#noBucket(cause);
        throw cause;
      }
    });
  }

  async put(key: string, path: string): Promise<boolean> {
    const { size } = await stat(path);
    // A large file is not sent for nothing; that nobody puts it meanwhile is for the put to see.
    if (await this.#isThere(key)) return false;
    return this.#putting(key, () => ({ Body: createReadStream(path), ContentLength: size }));
  }

  #isThere(key: string): Promise<boolean> {
    return this.#sending(key, async () => {
      try {
        await this.#client.send(new HeadObjectCommand(this.#at(key)));
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    });
  }

  putText(key: string, text: string): Promise<boolean> {
    return this.#putting(key, () => ({ Body: text, ContentType: 'application/json' }));
  }

  /** Puts where nothing is: the store itself looks, in one step with the put. */
  #putting(key: string, content: () => Partial<PutObjectCommandInput>): Promise<boolean> {
    return this.#sending(key, async () => {
      try {
        await this.#client.send(new PutObjectCommand({ ...this.#at(key), ...content(), IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        if (isTaken(error)) return false;
        throw error;
      }
    });
  }

  async getText(key: string): Promise<string | undefined> {
    return this.#sending(key, async () => {
      try {
        const { Body } = await this.#client.send(new GetObjectCommand(this.#at(key)));
        return await Body!.transformToString('utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  async fetch(key: string, path: string): Promise<void> {
    await this.#sending(key, async () => {
      const { Body } = await this.#client.send(new GetObjectCommand(this.#at(key)));
      await pipeline(Body as Readable, createWriteStream(path));
    });
  }

  async open(key: string): Promise<StoredFile> {
    const { ContentLength: byteLength = 0 } = await this.#sending(key, () =>
      this.#client.send(new HeadObjectCommand(this.#at(key))),
    );
    return {
      byteLength,
      slice: (start, end = byteLength) =>
        this.#sending(key, async () => {
          const range = { ...this.#at(key), Range: `bytes=${start}-${end - 1}` };
          const { Body } = await this.#client.send(new GetObjectCommand(range));
          const bytes = await Body!.transformToByteArray();
          return new Uint8Array(bytes).buffer;
        }),
    };
  }

  async list(prefix: string): Promise<readonly string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.#sending(prefix, () =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: `${this.#prefix}${prefix}`,
            ContinuationToken: token,
          }),
        ),
      );
      for (const { Key } of page.Contents ?? []) keys.push(Key!.slice(this.#prefix.length));
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return keys.toSorted();
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${key}` };
  }

  #noBucket(cause: unknown): ArchiveMissingError {
    return new ArchiveMissingError(`there is no bucket ${this.#bucket}`, { cause });
  }

  async #sending<T>(key: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (cause) {
      if (cause instanceof ArchiveMissingError) throw cause;
      if (cause instanceof NoSuchBucket || (cause as Error).name === 'NoSuchBucket')
        throw this.#noBucket(cause);
      if (isMissing(cause)) throw new ArchiveDamagedError(`the archive has no ${key} any more`, { cause });
      const { name, message } = cause as Error;
      throw new ArchiveUnavailableError(`the archive ${this.url} does not serve: ${name}: ${message}`, {
        cause,
      });
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof NoSuchKey || error instanceof NotFound;
}

/** What a store answers to a put for which the place is taken. */
function isTaken(error: unknown): boolean {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 412;
}
