// The floor: node:http in, undici out, JSON parsed and written both ways, and nothing else.
import http from 'node:http';
import { Writable } from 'node:stream';
import { Pool } from 'undici';

const pool = new Pool(`http://127.0.0.1:${process.argv[3]}`, { connections: 256 });
http
  .createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
      const parts = [];
      pool.stream(
        { path: '/predict', method: 'POST', headers: { 'content-type': 'application/json' }, body },
        () =>
          new Writable({
            write(chunk, _encoding, done) {
              parts.push(chunk);
              done();
            },
          }),
        (error) => {
          if (error !== null && error !== undefined) {
            response.writeHead(502);
            response.end();
            return;
          }
          const text = JSON.stringify(JSON.parse(Buffer.concat(parts).toString()));
          response.writeHead(200, {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
          });
          response.end(text);
        },
      );
    });
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
