export { type IndicatorQueries, indicatorQueries } from './indicator.ts';
export { type ObjectiveTestResult, testObjective } from './objective-test.ts';
export { printRules, type Rule, type RuleGroup } from './rule.ts';
export { type Alerting, type PrometheusRules, prometheusRules, type RuleOptions } from './rules.ts';
export {
  readSloth,
  readSlothWindows,
  SLOTH_DEFAULT,
  type SlothFile,
  type SlothObjective,
  type SlothWindows,
} from './sloth.ts';
