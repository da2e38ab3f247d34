import { versions } from '../../versions.ts';
import type { ContainerServer } from '../part.ts';
import { MONGOD_OPTIONS, mongoUrl } from './settings.ts';

/**
 * mongod from the official image. It listens inside on the port that callers use outside: a replica set's member has
 * one address, by which both callers and the server itself reach it.
 */
export function mongoContainer(): ContainerServer {
  return {
    id: 'mongodb',
    image: versions.mongodb.image,
    imageSetting: 'MONGODB',
    version: versions.mongodb.version,
    portNames: ['main'],
    inside: {},
    command: ({ ports }) => ['mongod', ...MONGOD_OPTIONS, '--bind_ip_all', '--port', String(ports['main'])],
    environment: () => ({}),
    files: () => [],
    describe: ({ ports }) => ({ url: mongoUrl(ports['main'] ?? 0) }),
  };
}
