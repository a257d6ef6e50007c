export { experimentSchema } from './experiment-schema.ts';
export { faultOrderSchema, faultSchema, radiusOf, radiusSchema } from './fault-schema.ts';
export { type ReadExperiment, readExperiment } from './read-experiment.ts';
export { type ReadScenario, readScenario, scenarioSchema } from './read-scenario.ts';
export { type ReadToolkit, readToolkit, type ToolkitOptions } from './read-toolkit.ts';
export { type ToolkitJournal, toolkitJournal } from './toolkit-journal.ts';
