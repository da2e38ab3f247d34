import { carrierContract } from './carrier.contract.ts';
import { clsHookedCarrier } from './cls-hooked-carrier.ts';

carrierContract('cls-hooked', clsHookedCarrier);
