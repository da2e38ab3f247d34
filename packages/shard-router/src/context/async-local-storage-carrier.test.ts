import { asyncLocalStorageCarrier } from './async-local-storage-carrier.ts';
import { carrierContract } from './carrier.contract.ts';

carrierContract('AsyncLocalStorage', asyncLocalStorageCarrier);
