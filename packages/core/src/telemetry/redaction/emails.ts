import { isAlphanumeric, isLetter, isWordlike } from './characters.ts';
import type { Marks } from './marks.ts';

/** RFC 5321: 64 characters in front of the @, 255 behind. */
const LOCAL_MOST = 64;
const DOMAIN_MOST = 255;

function isLocal(code: number): boolean {
  // . _ % + ' - ! # $ & * = ? ^ { | } ~ stand in addresses; those that mostly quote or separate in text are left out.
  return (
    isWordlike(code) || code === 46 || code === 95 || code === 37 || code === 43 || code === 45 || code === 39
  );
}

/** E-mail addresses: from each @, at most 64 characters to the left and 255 to the right. `%40` counts as @. */
export function markEmails(text: string, found: Marks): void {
  markAround(text, '@', found);
  markAround(text, '%40', found);
}

function markAround(text: string, sign: string, found: Marks): void {
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + sign.length)) {
    let from = at;
    while (from > 0 && at - from < LOCAL_MOST && isLocal(text.charCodeAt(from - 1))) from -= 1;
    // Behind a user and password stands a host.
    if (from === at || found.marked(at - 1)) continue;
    const first = at + sign.length;
    let end = first;
    let lastDot = -1;
    while (end < text.length && end - first < DOMAIN_MOST) {
      const code = text.charCodeAt(end);
      if (code === 46) lastDot = end;
      else if (!isWordlike(code) && code !== 45) break;
      end += 1;
    }
    // A full stop behind the address is none of its own.
    while (end > first && !isAlphanumeric(text.charCodeAt(end - 1)) && text.charCodeAt(end - 1) < 128)
      end -= 1;
    if (lastDot >= end)
      for (lastDot = end - 1; lastDot > first && text.charCodeAt(lastDot) !== 46; ) lastDot -= 1;
    const top = text.charCodeAt(lastDot + 1);
    if (lastDot > first && end - lastDot > 2 && (isLetter(top) || top > 127)) found.mark(from, end, 'email');
  }
}
