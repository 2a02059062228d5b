export { type WebhooksSettings, webhooksSettings } from './settings.ts';
