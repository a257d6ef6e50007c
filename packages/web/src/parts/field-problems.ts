/** What the API says of a body, by field: "body.reason: too short; body.to: lies in the past". */
export function fieldProblems(message: string): {
  readonly fields: Readonly<Record<string, string>>;
  /** What belongs to no field. */
  readonly rest: string;
} {
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  for (const part of message.split('; ')) {
    const [, field, text] = /^body(?:\.([\w.]+))?: (.+)$/s.exec(part) ?? [];
    if (text === undefined) rest.push(part);
    else if (field === undefined) rest.push(text);
    else fields[field] = fields[field] === undefined ? text : `${fields[field]}; ${text}`;
  }
  return { fields, rest: rest.join('; ') };
}
