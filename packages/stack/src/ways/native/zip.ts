import { open, type FileHandle } from 'node:fs/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { FetchFailedError } from '../../errors.ts';

const inflate = promisify(inflateRaw);

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/** One file of a zip, as its central directory tells it. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packedSize: number;
  readonly offset: number;
}

/**
 * Unpacks the files of a zip (wheels and jars are zips) that `wanted` picks, so that no unzip tool is needed. Knows
 * stored and deflated files below 4 GB. Returns the paths written.
 */
export async function unzip(
  path: string,
  into: string,
  wanted: (name: string) => boolean,
): Promise<string[]> {
  const file = await open(path);
  try {
    const entries = (await readDirectory(file, path)).filter((entry) => wanted(entry.name));
    const written: string[] = [];
    for (const entry of entries) {
      const target = join(into, normalize(`/${entry.name}`));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, await contentOf(file, entry, path));
      written.push(target);
    }
    return written;
  } finally {
    await file.close();
  }
}

async function readDirectory(file: FileHandle, path: string): Promise<Entry[]> {
  const { size } = await file.stat();
  const tail = await bytes(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (end < 0 || tail.readUInt32LE(end) !== END_OF_DIRECTORY)
    throw new FetchFailedError(`${path} is not a zip`);
  const count = tail.readUInt16LE(end + 10);
  const directory = await bytes(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  return parseDirectory(directory, count, path);
}

/** Reads the entries of a central directory. */
function parseDirectory(directory: Buffer, count: number, path: string): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; entries.length < count;) {
    if (directory.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new FetchFailedError(`${path} is a broken zip`);
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 10),
      packedSize: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function contentOf(file: FileHandle, entry: Entry, path: string): Promise<Buffer> {
  const header = await bytes(file, entry.offset, 30);
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = await bytes(file, start, entry.packedSize);
  if (entry.method === 0) return packed;
  if (entry.method === 8) return inflate(packed);
  throw new FetchFailedError(`${path}: ${entry.name} is packed by method ${entry.method}`);
}

async function bytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  await file.read(buffer, 0, length, position);
  return buffer;
}
