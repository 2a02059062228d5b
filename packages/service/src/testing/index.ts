export { type ExchangeFactory, ScriptedExchange, ScriptedServer } from './scripted-server.ts';
export { ServiceProcess } from './service-process.ts';
