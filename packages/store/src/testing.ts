/** For tests of this and other packages; not part of what is published. */
export { noPostgres, type PostgresServer, startPostgres } from './postgres-server.test.support.ts';
