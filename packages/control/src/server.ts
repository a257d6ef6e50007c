import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';

export interface ControlServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves the control API.
 * @param port 0 takes any free one
 * @throws when the port is in use or not ours to take
 */
export function serveControl(app: Hono, port: number, host: string): Promise<ControlServer> {
  const server = createAdaptorServer({ fetch: app.fetch });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
  });
}
