import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { notification, soon } from '../receiver.test.support.ts';
import { type SmtpOptions, smtp } from './smtp.ts';

interface Mail {
  readonly text: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | undefined;
}

let dir: string;
let tls: { readonly key: string; readonly cert: string };
const servers: SMTPServer[] = [];

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'evenkeel-smtp-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    { stdio: 'pipe' },
  );
  tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()));
});

async function serve(
  options: SMTPServerOptions = {},
): Promise<{ readonly port: number; readonly mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    ...tls,
    closeTimeout: 50,
    authOptional: true,
    disabledCommands: options.authOptional === false ? [] : ['AUTH'],
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (piece: Buffer) => {
        text += piece.toString();
      });
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          text,
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
        });
        done();
      });
    },
    ...options,
  });
  // A client that gives up is no fault of the server's.
  server.on('error', () => {});
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, mails };
}

const mailer = (port: number, more: Partial<SmtpOptions> = {}) =>
  smtp({
    name: 'mail',
    host: 'localhost',
    port,
    tls: 'none',
    user: undefined,
    password: undefined,
    from: 'evenkeel@example.org',
    to: ['ann@example.org', 'bo@example.org'],
    ...more,
  });

describe('e-mail', () => {
  it('goes to everybody, one thread for each incident', async () => {
    const { port, mails } = await serve();
    const one = mailer(port);
    expect(await one.send(notification(), soon())).toMatchObject({ kind: 'sent' });
    expect(
      await one.send(notification({ event: 'resolved', id: 'INC-1/4/resolved/mail' }), soon()),
    ).toMatchObject({ kind: 'sent' });
    expect(mails.map(({ from, to }) => ({ from, to }))).toEqual(
      Array.from({ length: 2 }, () => ({
        from: 'evenkeel@example.org',
        to: ['ann@example.org', 'bo@example.org'],
      })),
    );
    const [opened, resolved] = mails.map(({ text }) => text);
    expect(opened).toContain('Message-ID: <INC-1@evenkeel>');
    expect(opened).toContain('Subject: [SEV1] mail: the model does not answer');
    expect(opened).toContain('- breaker of m is open');
    expect(resolved).toContain('In-Reply-To: <INC-1@evenkeel>');
    expect(resolved).toContain('X-Evenkeel-Notification: INC-1/4/resolved/mail');
    expect(resolved).toContain('Auto-Submitted: auto-generated');
  });

  it('takes no header lines from what is in a title', async () => {
    const { port, mails } = await serve();
    await mailer(port).send(notification({}, { title: 'x\r\nBcc: evil@example.org\r\n\r\nbody' }), soon());
    const [head] = (mails[0]?.text ?? '').split(/\r?\n\r?\n/);
    expect(head).toContain('Subject: [SEV1] mail: x');
    expect(head).not.toMatch(/^Bcc:/m);
    expect(mails[0]?.to).not.toContain('evil@example.org');
  });

  it('under STARTTLS is only sent to a server whose certificate is known', async () => {
    const { port, mails } = await serve();
    expect(await mailer(port, { tls: 'starttls' }).send(notification(), soon())).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('self-signed'),
    });
    expect(mails).toEqual([]);
    expect(await mailer(port, { tls: 'starttls', ca: tls.cert }).send(notification(), soon())).toMatchObject({
      kind: 'sent',
    });
    expect(mails.map(({ secure }) => secure)).toEqual([true]);
  });

  it('under STARTTLS is not sent in the clear to a server that cannot', async () => {
    const { port, mails } = await serve({ hideSTARTTLS: true, disabledCommands: ['AUTH', 'STARTTLS'] });
    expect(await mailer(port, { tls: 'starttls' }).send(notification(), soon())).not.toMatchObject({
      kind: 'sent',
    });
    expect(mails).toEqual([]);
  });

  it('under TLS from the first byte signs in', async () => {
    const { port, mails } = await serve({
      secure: true,
      authOptional: false,
      onAuth: ({ username, password }, _, done) =>
        username === 'keel' && password === 'pass'
          ? done(null, { user: 'keel' })
          : done(new Error('wrong password')),
    });
    const login = { tls: 'implicit', ca: tls.cert, user: 'keel' } as const;
    expect(await mailer(port, { ...login, password: 'pass' }).send(notification(), soon())).toMatchObject({
      kind: 'sent',
    });
    expect(mails[0]?.user).toBe('keel');
    expect(await mailer(port, { ...login, password: 'other' }).send(notification(), soon())).toMatchObject({
      kind: 'dead',
    });
  });

  it('that the server turns down for good is given up, for now is tried again', async () => {
    const said = (code: number) => Object.assign(new Error('as it is'), { responseCode: code });
    const never = await serve({ onRcptTo: (_, __, done) => done(said(550)) });
    expect(await mailer(never.port).send(notification(), soon())).toMatchObject({ kind: 'dead' });
    const later = await serve({ onRcptTo: (_, __, done) => done(said(451)) });
    expect(await mailer(later.port).send(notification(), soon())).toMatchObject({ kind: 'retry' });
  });

  it('to a server that says nothing, or is not there, is tried again', async () => {
    const silent = await serve({ onMailFrom: () => {} });
    expect(await mailer(silent.port).send(notification(), AbortSignal.timeout(150))).toEqual({
      kind: 'retry',
      reason: 'the mail server took too long',
      afterMs: undefined,
    });
    expect(await mailer(1).send(notification(), soon())).toMatchObject({ kind: 'retry' });
  });
});
