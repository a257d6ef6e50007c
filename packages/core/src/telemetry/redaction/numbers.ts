import { isAlphanumeric, isDigit, isLetter, isWordlike } from './characters.ts';
import type { Marks } from './marks.ts';

/** Digits of the longest card number (ISO/IEC 7812). */
const CARD_MOST = 19;
/** Digits of the longest telephone number (E.164). */
const PHONE_MOST = 15;
const IBAN_MOST = 34;
const IBAN_LEAST = 15;

/** Luhn's check (ISO/IEC 7812-1, annex B), on digits alone. */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** A number that a card may have: length, first digit of the networks that issue to people, and Luhn's check. */
export function isCardNumber(digits: string): boolean {
  const { length } = digits;
  if (length < 13 || length > CARD_MOST) return false;
  const first = digits.charCodeAt(0) - 48;
  // 13 digits are old Visa numbers only: the time in milliseconds has 13 too.
  if (length === 13 ? first !== 4 : (first < 2 || first > 6) && !/^8[12]/.test(digits)) return false;
  return luhn(digits);
}

function isCardSeparator(code: number): boolean {
  return code === 32 || code === 45 || code === 46 || code === 0xa0;
}

/** Where a card number that begins with the group of digits at `start` ends; -1: there is none. */
function cardEnd(text: string, start: number): number {
  let digits = '';
  let end = -1;
  let i = start;
  while (i < text.length && digits.length <= CARD_MOST) {
    const code = text.charCodeAt(i);
    if (isDigit(code)) {
      digits += text.charAt(i);
      i += 1;
      continue;
    }
    if (isCardNumber(digits)) end = i;
    if (!isCardSeparator(code) || !isDigit(text.charCodeAt(i + 1))) return end;
    i += 1;
  }
  return isCardNumber(digits) ? i : end;
}

function isPhoneSeparator(code: number): boolean {
  // space ( ) - . / and the space that does not break
  return code === 32 || (code >= 40 && code <= 41) || (code >= 45 && code <= 47) || code === 0xa0;
}

/** What the groups of digits so far are: `+` or 00 in front, or the lengths of the groups and the trunk prefix 0. */
function isPhone(
  start: 'plus' | 'zero' | 'other',
  zeros: boolean,
  groups: readonly number[],
  dots: boolean,
): boolean {
  const digits = groups.reduce((sum, group) => sum + group, 0);
  if (digits > PHONE_MOST) return false;
  if (start === 'plus' || zeros) return digits >= 8;
  const [first = 0, second, third] = groups;
  if (groups.length === 3 && first === 3 && second === 3 && third === 4) return true;
  return start === 'zero' && !dots && groups.length >= 2 && first >= 3 && digits >= 9 && digits <= 12;
}

/**
 * Where a telephone number that begins at `start` ends; -1: there is none. With `+` or `00` any grouping is one, else the
 * trunk prefix 0 with an area code of its own, or the American 3-3-4. The longest that is one counts.
 */
function phoneEnd(text: string, start: number): number {
  const lead = text.charCodeAt(start);
  const first = lead === 43 || lead === 40 ? start + 1 : start;
  const begin = lead === 43 ? 'plus' : text.charCodeAt(first) === 48 ? 'zero' : 'other';
  // Behind 00 stands the number of a country, which does not begin with 0: that would be an id with zeros in front.
  const zeros = /^00[1-9]\d/.test(text.slice(first, first + 4));
  const groups: number[] = [];
  let digits = 0;
  let dots = false;
  let end = -1;
  let i = first;
  while (i < text.length && digits <= PHONE_MOST) {
    const from = i;
    while (i < text.length && i - from <= PHONE_MOST && isDigit(text.charCodeAt(i))) i += 1;
    if (i === from) break;
    groups.push(i - from);
    digits += i - from;
    if (isPhone(begin, zeros, groups, dots)) end = i;
    for (let separators = 0; separators < 2 && isPhoneSeparator(text.charCodeAt(i)); separators++) {
      if (text.charCodeAt(i) === 46) dots = true;
      i += 1;
    }
  }
  return end;
}

/** Length of the day and the time of day in an incident's id: `20261124-114706123-`. */
const INCIDENT_STAMP = 19;

/** Whether the digits at `i` are those of an incident's id, which may look like a card number one time in ten. */
function startsIncidentId(text: string, i: number): boolean {
  if (i < 3 || text.slice(i - 3, i) !== 'AI-') return false;
  return /^\d{8}-\d{9}-$/.test(text.slice(i, i + INCIDENT_STAMP));
}

/** Card and telephone numbers. From each place where digits begin, at most some 40 characters are looked at. */
export function markNumbers(text: string, found: Marks): void {
  let i = 0;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    const opens = (code === 43 || code === 40) && isDigit(text.charCodeAt(i + 1));
    if (!isDigit(code) && !opens) {
      i += 1;
      continue;
    }
    if (startsIncidentId(text, i)) {
      i += INCIDENT_STAMP;
      continue;
    }
    const card = opens ? -1 : cardEnd(text, i);
    // A telephone number does not begin inside a word, nor behind a point or a hyphen: those are dates, versions, ids.
    const before = i === 0 ? 32 : text.charCodeAt(i - 1);
    const phone =
      card >= 0 || isWordlike(before) || before === 46 || before === 45 || before === 47
        ? -1
        : phoneEnd(text, i);
    if (card >= 0) {
      found.mark(i, card, 'card');
      i = card;
    } else if (phone >= 0 && !isAlphanumeric(text.charCodeAt(phone))) {
      found.mark(i, phone, 'phone');
      i = phone;
    } else {
      i += 1;
      while (i < text.length && isDigit(text.charCodeAt(i))) i += 1;
    }
  }
}

/** The check of ISO 13616 (ISO 7064, mod 97-10), on letters and digits alone. */
export function isIban(compact: string): boolean {
  if (compact.length < IBAN_LEAST || compact.length > IBAN_MOST) return false;
  let rest = 0;
  for (let i = 0; i < compact.length; i++) {
    const code = compact.charCodeAt((i + 4) % compact.length);
    const value = isDigit(code) ? code - 48 : (code | 32) - 87;
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97;
  }
  return rest === 1;
}

/** Bank accounts: two letters, two digits, and up to 30 more in groups or not. */
export function markIbans(text: string, found: Marks): void {
  for (let i = 0; i + IBAN_LEAST <= text.length; i++) {
    if (!isLetter(text.charCodeAt(i)) || !isLetter(text.charCodeAt(i + 1))) continue;
    if (!isDigit(text.charCodeAt(i + 2)) || !isDigit(text.charCodeAt(i + 3))) continue;
    if (i > 0 && isAlphanumeric(text.charCodeAt(i - 1))) continue;
    let compact = '';
    let end = -1;
    for (let at = i; at <= text.length && compact.length <= IBAN_MOST; at++) {
      const code = at < text.length ? text.charCodeAt(at) : 0;
      if (isAlphanumeric(code)) {
        compact += text.charAt(at);
        continue;
      }
      if (isIban(compact)) end = at;
      if ((code !== 32 && code !== 45 && code !== 0xa0) || !isAlphanumeric(text.charCodeAt(at + 1))) break;
    }
    if (end >= 0) {
      found.mark(i, end, 'iban');
      i = end - 1;
    }
  }
}
