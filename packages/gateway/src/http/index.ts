export { createFront, type Front, type FrontOptions } from './front.ts';
export type { FrontService, ServiceDirectory } from './front-service.ts';
export { headerText } from './reply.ts';
