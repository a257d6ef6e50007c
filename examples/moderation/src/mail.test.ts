import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMail } from './mail.ts';

const mail = (head: string, body: string): string => `${head}\n\n${body}`;

describe('parseMail', () => {
  it('reads sender, subject, text and the time of arrival', () => {
    const parsed = parseMail(
      mail(
        [
          'From a@b.org  Thu Aug 22 13:17:22 2002',
          'Return-Path: <other@b.org>',
          'From: "Ann, the first" <Ann@B.org>',
          'Subject: A long',
          '\tsubject',
        ].join('\n'),
        'Hello.\nBye.',
      ),
    );
    expect(parsed).toEqual({
      sender: 'ann@b.org',
      subject: 'A long subject',
      body: 'Hello.\nBye.',
      receivedAt: Date.UTC(2002, 7, 22, 13, 17, 22),
    });
  });

  it('decodes quoted-printable by charset, base64, and words in headers', () => {
    expect(
      parseMail(
        mail(
          'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable',
          'caf=C3=A9 =\nau lait',
        ),
      ).body,
    ).toBe('café au lait');
    expect(
      parseMail(mail('Content-Transfer-Encoding: base64', Buffer.from('plain words').toString('base64')))
        .body,
    ).toBe('plain words');
    expect(parseMail(mail('Subject: =?iso-8859-1?Q?Gr=FC=DFe_an?= =?utf-8?B?4oKs?=', 'x')).subject).toBe(
      'Grüße an€',
    );
  });

  it('prefers the plain part of a multipart mail, nested or not, and reads HTML where there is nothing else', () => {
    const nested = [
      '--outer',
      'Content-Type: multipart/alternative; boundary="inner"',
      '',
      '--inner',
      'Content-Type: text/html',
      '',
      '<p>page</p>',
      '--inner',
      'Content-Type: text/plain',
      '',
      'plain text',
      '--inner--',
      '--outer',
      'Content-Type: application/octet-stream',
      '',
      'AAAA',
      '--outer--',
    ].join('\n');
    expect(parseMail(mail('Content-Type: multipart/mixed; boundary=outer', nested)).body.trim()).toBe(
      'plain text',
    );
    expect(parseMail(mail('Content-Type: text/html', '<html><b>Buy</b> now &amp; here</html>')).body).toBe(
      'Buy now & here',
    );
    expect(parseMail(mail('Subject: x', '<html><body>undeclared page</body></html>')).body.trim()).toBe(
      'undeclared page',
    );
  });

  it('takes the letters that the archive lost for spaces', () => {
    expect(parseMail(mail('Subject: a\uFFFDb', 'cc\uFFFDdd'))).toMatchObject({
      subject: 'a b',
      body: 'cc dd',
    });
  });

  it('does not believe dates outside the years of the archive', () => {
    expect(parseMail(mail('Date: Mon, 1 Jan 2035 00:00:00 GMT', 'x')).receivedAt).toBeUndefined();
    expect(parseMail(mail('Date: Mon, 1 Jul 2002 00:00:00 +0200', 'x')).receivedAt).toBe(
      Date.UTC(2002, 5, 30, 22),
    );
  });

  it('never throws', () => {
    const piece = fc.constantFrom(
      'Content-Type: multipart/mixed; boundary=b\n',
      'Content-Type: message/rfc822\n',
      '--b\n',
      '--b--',
      '\n\n',
      '=?x?B?',
      '?=',
      '<',
      '&#x;',
      '=C3',
      'Content-Transfer-Encoding: base64\n',
      'From: <',
      '\uD800',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), (pieces) => {
        const parsed = parseMail(pieces.join(''));
        expect(typeof parsed.body).toBe('string');
      }),
    );
  });
});
