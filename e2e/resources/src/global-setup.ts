import { startArea } from './start-area.ts';

/** Without webhooks, so that every bad BuildJob comes as far as the controller. */
export default startArea({ webhooks: false });
