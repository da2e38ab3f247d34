#!/usr/bin/env node
import { shardRebalance } from './cli/program.ts';

await shardRebalance().parseAsync();
