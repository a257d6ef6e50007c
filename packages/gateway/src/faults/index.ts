export { type ActiveFault, faultOf, touches } from './active-fault.ts';
export { type Pulse, type PulseMeter, pulseMeter, type WireFaultReport, wireReports } from './chaos-wire.ts';
export { checkFault } from './check-fault.ts';
export { type CorpusRow, parseCorpus, readCorpus } from './corpus.ts';
export { type FaultInjector, type FaultPlaces, faultInjector } from './fault-injector.ts';
export { faultySource, type InterposedFeatures, interposedFeatures } from './interposed-features.ts';
export { type InterposedModel, interposedModel } from './interposed-model.ts';
