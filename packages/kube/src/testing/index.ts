export { type Interceptor, MemoryApi } from './memory-api.ts';
export { storedConfigMap } from './sample-objects.ts';
export { Exchange, ScriptedApiServer, ScriptedWatch } from './scripted-api-server.ts';
