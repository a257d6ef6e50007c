export type { ProviderOf } from './gen-ai.ts';
export { createOtel, type Otel, type OtelFigures, type OtelOptions } from './otel.ts';
export type { OutboundFigures } from './outbound.ts';
