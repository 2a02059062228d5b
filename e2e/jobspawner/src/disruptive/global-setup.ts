import { startArea } from '../start-area.ts';

/** The same installation, for tests that change it under whatever runs. */
export default startArea();
