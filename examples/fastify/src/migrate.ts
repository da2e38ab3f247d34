import { initialiseCluster, migrateShards, ROUTER_MIGRATIONS } from '@ordershard/shard-router';
import { fileURLToPath } from 'node:url';
import { cluster, tables } from './cluster.ts';

// At each deployment, before the service: safe to run again.
const own = fileURLToPath(new URL('../migrations', import.meta.url));
await migrateShards(cluster.shards, [ROUTER_MIGRATIONS, own], { tables });
await initialiseCluster(cluster);
