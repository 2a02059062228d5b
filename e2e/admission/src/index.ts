export { AdmissionLoad, type LoadOptions, type LoadReport } from './admission-load.ts';
export { changeConfig } from './change-config.ts';
export { WebhookPods } from './webhook-pods.ts';
