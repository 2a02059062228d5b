import { startArea } from './start-area.ts';

/** Every test file has a queue of its own, so that they run beside each other. */
export default startArea();
