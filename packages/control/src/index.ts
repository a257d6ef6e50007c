export { processApi } from './api/process.ts';
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
export { type CatalogueEntry, readEntry } from './chaos/catalogue.ts';
export { type ControlHost, type ControlPlane, createControlPlane } from './control-plane.ts';
export { issueKey } from './keys/routes.ts';
export { type BuiltPage, readPage } from './page/built-page.ts';
export { type ReplicaBoard, type ReplicaSeen, replicaBoard } from './replicas/board.ts';
export { type ControlServer, serveControl } from './server.ts';
