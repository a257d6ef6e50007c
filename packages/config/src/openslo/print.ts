import { stringify } from 'yaml';
import type { OpenSloDocument } from './schema.ts';

/**
 * Writes objects as a YAML stream, one document each. Reading it again gives the same objects, unknown keys included.
 */
export function printOpenSlo(documents: readonly OpenSloDocument[]): string {
  return documents
    .map((document) => {
      const { apiVersion, kind, metadata, spec, ...rest } = document;
      return stringify(
        { apiVersion, kind, metadata, spec, ...rest },
        { schema: 'core', version: '1.2', lineWidth: 0, aliasDuplicateObjects: false },
      );
    })
    .join('---\n');
}
