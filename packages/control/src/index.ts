export { type ApiParts, controlApi } from './api.ts';
export { type ControlServer, serveControl } from './server.ts';
