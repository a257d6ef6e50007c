export {
  createFront,
  type Front,
  type FrontOptions,
  type FrontService,
  type ServiceDirectory,
} from './http/index.ts';
export { type Host, realHost } from './runtime/host.ts';
export { createReplica, type Replica, type ReplicaEvent } from './runtime/replica.ts';
export type { ShadowResult } from './runtime/routed-model.ts';
