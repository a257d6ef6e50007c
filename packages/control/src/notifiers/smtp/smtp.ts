import { createTransport } from 'nodemailer';
import { cut, type Notification, type Notifier } from '../notification.ts';

export interface SmtpOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `implicit`: TLS from the first byte; `starttls`: required after greeting; `none`: for a relay on this machine. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  /** A certificate that the system does not know, PEM. */
  readonly ca?: string | undefined;
}

/** Header lines must not be made by what is in a title. */
const oneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ');

/** A mail on its way cannot be called back: when the time is up it counts as not sent, and comes again under the same id. */
function broken(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new Error('the mail server took too long'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

export function mailText({ incident, event, recipient }: Notification): string {
  return [
    `${incident.severity} ${incident.service}: ${incident.title}`,
    `${event}; state: ${incident.state}; since ${new Date(incident.openedAt).toISOString()}`,
    '',
    incident.summary,
    '',
    ...(incident.evidence.length === 0
      ? []
      : ['Evidence:', ...incident.evidence.map((line) => `- ${line}`), '']),
    ...(incident.runbook.length === 0
      ? []
      : ['Runbook:', ...incident.runbook.map((line) => `- ${line}`), '']),
    incident.link,
    `For: ${recipient}`,
  ].join('\n');
}

/** E-mail over SMTP. One incident is one thread: its messages refer to a message id made of the incident's. */
export function smtp(options: SmtpOptions): Notifier {
  const transport = createTransport({
    host: options.host,
    port: options.port,
    secure: options.tls === 'implicit',
    requireTLS: options.tls === 'starttls',
    ignoreTLS: options.tls === 'none',
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    ...(options.user === undefined ? {} : { auth: { user: options.user, pass: options.password ?? '' } }),
    ...(options.ca === undefined ? {} : { tls: { ca: options.ca } }),
  });
  return {
    name: options.name,
    async send(notification, signal) {
      const { incident, event, id } = notification;
      const thread = `<${incident.id}@evenkeel>`;
      try {
        const sending = transport.sendMail({
          from: options.from,
          to: [...options.to],
          subject: cut(oneLine(`[${incident.severity}] ${incident.service}: ${incident.title}`), 200),
          text: mailText(notification),
          messageId: event === 'opened' ? thread : `<${oneLine(id)}@evenkeel>`,
          ...(event === 'opened' ? {} : { inReplyTo: thread, references: thread }),
          headers: { 'X-Evenkeel-Notification': oneLine(id), 'Auto-Submitted': 'auto-generated' },
        });
        const info = await Promise.race([sending, broken(signal)]);
        return { kind: 'sent', detail: oneLine(info.response) };
      } catch (error) {
        const reason = error instanceof Error ? oneLine(error.message) : String(error);
        // RFC 5321, 4.2.1: 5yz is permanent; everything else may pass.
        const code =
          error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : Number.NaN;
        return code >= 500 && code < 600
          ? { kind: 'dead', reason }
          : { kind: 'retry', reason, afterMs: undefined };
      }
    },
  };
}
