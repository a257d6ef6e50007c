/**
 * Headers that give the answer away: verdicts of filters, and marks of the hosts and lists through which nearly all of
 * the good mail came. Of a mail's headers only From, Subject, the content headers and the time of arrival are read at
 * all, so none of these can reach a model; the list says what that costs nothing to leave out.
 */
export const TELLTALE_HEADERS: readonly string[] = [
  'x-spam-*',
  'x-mailscanner*',
  'x-virus-scanned',
  'x-habeas-swe-*',
  'x-bulkmail',
  'x-mailman-version',
  'x-beenthere',
  'x-loop',
  'x-mailing-list',
  'x-egroups-return',
  'mailing-list',
  'list-*',
  'precedence',
  'errors-to',
  'sender',
  'delivered-to',
  'return-path',
  'received',
  'x-keywords',
  'x-status',
  'x-original-date',
  'in-reply-to',
  'references',
  'message-id',
  'x-mailer',
  'user-agent',
  'url',
];

/** Hosts of the people whose mail was collected: they stand for the addressee. */
const COLLECTORS =
  /[\w.+-]{1,64}@(?:[\w-]{1,40}\.){0,3}(?:spamassassin\.taint\.org|netnoteinc\.com|jmason\.org|slashnull\.org|localhost)\b/gi;
/** What the archive's makers put in place of their own names. */
const MASKED_NAMES = /\b(?:y{4,8}|z{4,8})(?:\.|\b)/gi;
const COLLECTOR_HOSTS =
  /\b(?:[\w-]{1,40}\.){0,3}(?:spamassassin\.taint\.org|taint\.org|jmason\.org|netnoteinc\.com)\b/gi;

/** Where the footer of a list, a sponsor or a group begins, on a line of its own near the end. */
const FOOTERS: readonly RegExp[] = [
  /\n_{20,}[ \t]*\n/,
  /\n-{20,}[ \t]*\nThis (?:sf\.net|sourceforge)/i,
  /\n-{5,} Yahoo! Groups Sponsor/i,
  /\nTo unsubscribe from this group, send an email to:/i,
  /\n-- ?\n[^\n]{0,80}(?:Users' Group|mailing list|ilug@)/i,
  /\n-{20,}\nTo unsubscribe/i,
];
/** A footer is at the end: what stands before this much of the text is not one. */
const FOOTER_CHARS = 1_500;

function cutFooter(text: string): string {
  const from = Math.max(0, text.length - FOOTER_CHARS);
  const tail = text.slice(from);
  let cut = tail.length;
  for (const footer of FOOTERS) {
    const at = tail.search(footer);
    if (at >= 0) cut = Math.min(cut, at);
  }
  return text.slice(0, from + cut);
}

/** "Re:", "Fwd:" and tags of lists, in any order and number, at the start of a subject. */
const PREFIX = /^(?:(?:(?:re|fwd?|aw)(?:\[\d{1,2}\])?:|\[[^\]\n]{1,40}\])\s*)+/i;

function scrubPrefix(prefix: string): string {
  if (/\b(?:re|aw)(?:\[\d{1,2}\])?:/i.test(prefix)) return 'Re: ';
  return /\bfwd?:/i.test(prefix) ? 'Fwd: ' : '';
}

/** Without the tags of lists ("[ILUG] …") and a filter's mark ("*****SPAM*****"). */
export function scrubSubject(subject: string): string {
  return subject
    .replace(/\*{3,}\s*spam\s*\*{3,}/gi, ' ')
    .trimStart()
    .replace(PREFIX, scrubPrefix)
    .replace(COLLECTORS, 'you')
    .replace(COLLECTOR_HOSTS, 'host')
    .replace(MASKED_NAMES, 'you')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Without a filter's report, the footers of lists, and the names of those who collected it. */
export function scrubText(text: string): string {
  return cutFooter(text.replaceAll('\r', ''))
    .replace(/^[ \t]{0,4}SPAM: .*$/gm, '')
    .replace(COLLECTORS, 'you')
    .replace(COLLECTOR_HOSTS, 'host')
    .replace(MASKED_NAMES, 'you')
    .replace(/[ \t]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
