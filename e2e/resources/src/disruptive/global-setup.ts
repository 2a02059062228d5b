import { startArea } from '../start-area.ts';

/** With all that is installed usually. */
export default startArea({ webhooks: true });
