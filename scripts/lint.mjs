// Format, lint, types, directions of dependency, and a planted violation that the direction check must find.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, root, run } from './steps.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);

await install();
await run(bin('biome'), ['check', '--error-on-warnings', '.']);
await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
await run(process.execPath, [join(root, 'scripts', 'errors-doc.mjs'), '--check']);
await run(bin('eslint'), ['packages', 'examples']);

async function cruise() {
  const report = JSON.parse(
    await run(
      bin('depcruise'),
      ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages'],
      {
        quiet: true,
      },
    ),
  );
  return report.summary;
}
const clean = await cruise();
if (clean.totalCruised < 50)
  throw new Error(`dependency-cruiser saw only ${clean.totalCruised} modules: it checks nothing`);
const errors = clean.violations.filter((violation) => violation.rule.severity === 'error');
if (errors.length > 0) {
  for (const { rule, from, to } of errors) console.error(`${rule.name}: ${from} -> ${to}`);
  process.exit(1);
}
// A check that cannot fail passes everything: plant one violation per kind and see each found.
const planted = [
  [
    'packages/core/src/kernel/planted.ts',
    "import { readFileSync } from 'node:fs';\nexport const x: unknown = readFileSync;\n",
    'core-is-pure',
  ],
  [
    'packages/config/src/planted.ts',
    "import { Pool } from 'undici';\nexport const x: unknown = Pool;\n",
    'only-gateway-imports-undici',
  ],
  ['packages/store/src/planted.ts', "export * from '../../gateway/src/index.ts';\n", 'store-direction'],
];
for (const [file, text] of planted) writeFileSync(join(root, file), text);
try {
  const found = new Set((await cruise()).violations.map((violation) => violation.rule.name));
  for (const [file, , rule] of planted) {
    if (!found.has(rule)) throw new Error(`the planted violation in ${file} was not found by rule ${rule}`);
  }
} finally {
  for (const [file] of planted) rmSync(join(root, file));
}
console.log(`directions: ${clean.totalCruised} modules clean, ${planted.length} planted violations found`);
