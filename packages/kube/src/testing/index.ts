export { storedConfigMap } from './sample-objects.ts';
export { Exchange, ScriptedApiServer, ScriptedWatch } from './scripted-api-server.ts';
