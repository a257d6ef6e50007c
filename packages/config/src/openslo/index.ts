export { countedEvents, EVENTS_METRIC, type Exported, fromObjectives } from './from-objectives.ts';
export { printOpenSlo } from './print.ts';
export { type OpenSloFile, type PlacedDocument, readOpenSlo } from './read.ts';
export { type Inlined, inlineReferences, placed } from './references.ts';
export type {
  AlertConditionDocument,
  AlertNotificationTargetDocument,
  AlertPolicyDocument,
  DataSourceDocument,
  Kind as OpenSloKind,
  OpenSloDocument,
  ServiceDocument,
  SliDocument,
  SloDocument,
} from './schema.ts';
export { type CompositeObjective, type Converted, toObjectives } from './to-objectives.ts';
