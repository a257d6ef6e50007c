// The direction: core <- {config, store} <- {gateway, training, otel} <- control <- evenkeel. See docs/architecture.md.
const notTests = '\\.test\\.ts$';
const may = (name, ...others) => ({
  name: `${name}-direction`,
  severity: 'error',
  comment: `${name} may import only ${others.join(', ') || 'nothing of ours'}`,
  from: { path: `^packages/${name}/src`, pathNot: notTests },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...others].join('|')})/` },
});
const onlyIn = (pkg, ...modules) => ({
  name: `only-${pkg}-imports-${modules[0].replace(/\W/g, '')}`,
  severity: 'error',
  from: { path: '^packages/', pathNot: `^packages/${pkg}/` },
  to: { path: modules.map((m) => `node_modules/${m}/`) },
});
const inCore = (from, ...allowed) => ({
  name: `core-${from}-direction`,
  severity: 'error',
  from: { path: `^packages/core/src/${from}/`, pathNot: notTests },
  to: { path: '^packages/core/src/', pathNot: `^packages/core/src/(${[from, ...allowed].join('|')})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'core has no dependency and no I/O: not even a Node builtin',
      from: { path: '^packages/core/src', pathNot: notTests },
      to: { pathNot: '^packages/core/src' },
    },
    inCore('kernel'),
    inCore('telemetry', 'kernel'),
    inCore('degradation', 'kernel'),
    inCore('admission', 'kernel'),
    inCore('objectives', 'kernel', 'telemetry'),
    inCore('quality', 'kernel'),
    inCore(
      'incidents',
      'kernel',
      'telemetry',
      'objectives',
      'quality',
      'degradation',
      'admission',
      'serving',
    ),
    inCore('chaos', 'kernel', 'telemetry', 'objectives', 'quality', 'degradation', 'admission', 'serving'),
    inCore('training', 'kernel', 'telemetry', 'objectives', 'quality', 'degradation'),
    inCore('serving', 'kernel', 'telemetry', 'degradation', 'admission'),
    may('config', 'core'),
    may('store', 'core'),
    may('gateway', 'core', 'config', 'store'),
    may('otel', 'core'),
    may('training', 'core', 'store'),
    may('control', 'core', 'config', 'store', 'gateway', 'training'),
    onlyIn('store', '@photostructure/sqlite', 'kysely', 'pg'),
    onlyIn('gateway', 'undici', '@redis/client', 'prom-client'),
    onlyIn('otel', '@opentelemetry'),
    onlyIn('control', 'hono', '@hono/node-server', 'nodemailer', 'rrule', 'croner'),
    {
      name: 'no-deep-imports',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/([^/]+)/src/', pathNot: ['^packages/$1/', '/src/(index|testing)\\.ts$'] },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|examples)/[^/]+/dist/' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@evenkeel/source', 'import', 'types', 'node', 'default'],
    },
  },
};
