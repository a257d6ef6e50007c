export {
  type ApiCaller,
  noBody,
  noQuery,
  Reply,
  type Route,
  read,
  valid,
  write,
  writeText,
} from './api/route.ts';
export { type ApiParts, controlApi, controlRoutes } from './api.ts';
export { auditRecorder, type Recorder } from './audit/recorder.ts';
export { issueKey } from './keys/routes.ts';
export { type ControlServer, serveControl } from './server.ts';
