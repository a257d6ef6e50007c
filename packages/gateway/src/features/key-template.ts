import { EvenkeelError } from '@evenkeel/core';
import type { EntityKey } from './source.ts';

/** Makes a store's key out of an entity's values. */
export type KeyTemplate = (entity: EntityKey) => string;

/**
 * Compiles a template such as `sender:{sender}`; `{{` and `}}` stand for braces (a Redis Cluster hash tag).
 * @param entities names that may stand in braces; each must stand there at least once, or entities would share a key
 * @throws EvenkeelError `config_invalid`
 */
export function compileKeyTemplate(template: string, entities: readonly string[]): KeyTemplate {
  const parts: { text: string; name: string | undefined }[] = [];
  const used = new Set<string>();
  let rest = template;
  while (rest !== '') {
    const match = /^(?:\{\{|\}\}|\{([^{}]*)\}|[^{}]+)/.exec(rest);
    if (match === null) throw bad(template, 'a brace has no partner');
    const [text, name] = match;
    rest = rest.slice(text.length);
    if (name === undefined) {
      parts.push({ text: text === '{{' ? '{' : text === '}}' ? '}' : text, name: undefined });
    } else if (entities.includes(name)) {
      parts.push({ text: '', name });
      used.add(name);
    } else {
      throw bad(template, `{${name}} is no entity; there is ${entities.join(', ')}`);
    }
  }
  const unused = entities.find((name) => !used.has(name));
  if (unused !== undefined) throw bad(template, `{${unused}} is missing`);
  return ({ values }) => {
    let key = '';
    for (const part of parts) key += part.name === undefined ? part.text : (values[part.name] ?? '');
    return key;
  };
}

function bad(template: string, detail: string): EvenkeelError {
  return new EvenkeelError('config_invalid', `features.redis.key: "${template}": ${detail}`);
}
