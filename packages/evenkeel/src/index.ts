export { type ServeOptions, type Serving, serve } from './serve.ts';
export { type ServeCommand, serveUntilSignal } from './serve-command.ts';
