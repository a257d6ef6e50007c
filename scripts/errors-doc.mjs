// Writes docs/errors.md from the registry; with --check, fails when the file is not what would be written.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '../packages/core/dist/index.js';
import { root } from './steps.mjs';

const rows = Object.entries(ERRORS)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(
    ([code, { status, retry, message, action }]) =>
      `| \`${code}\` | ${status} | ${retry ? 'yes' : 'no'} | ${message} | ${action} |`,
  );
const text = `# Errors

Every error that evenkeel reports. Made from \`packages/core/src/kernel/errors.ts\` by \`node scripts/errors-doc.mjs\`.
\`retry\` says whether the same request may succeed later. A shed request is a 503 instead of a 429 where it is the whole replica that is full.

| code | HTTP | retry | what it means | what to do |
|---|---|---|---|---|
${rows.join('\n')}
`;
const file = join(root, 'docs', 'errors.md');
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    console.error('docs/errors.md is not what the registry says: run "node scripts/errors-doc.mjs"');
    process.exit(1);
  }
} else writeFileSync(file, text);
