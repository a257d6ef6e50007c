export { type CheckpointStore, openCheckpointStore, sealCheckpoint } from './checkpoint-store.ts';
export { type Fence, type Fences, type FileFenceOptions, fileFences } from './fence.ts';
export { inProcessHost, type Trainer, type TrainerContext } from './in-process-host.ts';
export {
  createRun,
  type LocalSupervision,
  type NewLocalRun,
  superviseLocal,
} from './local-run.ts';
export { type ProcessHostOptions, processHost } from './process-host.ts';
export {
  protocolSchema,
  TRAINER_VARIABLE,
  type TrainerEvent,
  type TrainerEventInput,
  type TrainerOrders,
} from './protocol.ts';
export { type ReportingRecords, reportingRecords } from './reporting-records.ts';
export { fileRecords, type KeptRun, type RunRecords, runDirectory } from './run-records.ts';
export { type RunReport, readRunReport, runReportSchema } from './run-report.ts';
export { supervise } from './supervise.ts';
export type { RunProgress, SuperviseOptions, Supervision, TrainingIncident } from './supervise-types.ts';
export {
  exitCode as trainExitCode,
  type TrainArgs,
  type TrainOptions,
  type TrainOutput,
  trainCommand,
  trainListCommand,
  trainLogsCommand,
  trainResumeCommand,
  trainShowCommand,
  trainStopCommand,
} from './train-command.ts';
export type { TrainerHandle, TrainerHost, TrainerSink } from './trainer-host.ts';
