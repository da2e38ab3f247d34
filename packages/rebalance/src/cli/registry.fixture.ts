import { RIDE_MIGRATIONS } from '../move/rides.fixture.ts';

/** The registry of the application that the tests of moves have, for the command line. */
export { RIDE_TABLES as TABLES } from '../move/rides.fixture.ts';

export const MIGRATIONS = [RIDE_MIGRATIONS];
