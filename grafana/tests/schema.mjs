// Writes one TypeScript file a dashboard, in which the dashboard must be of the types that Grafana publishes for it, and
// has the compiler check them. Usage: node schema.mjs FOLDER DASHBOARD..., where FOLDER has @grafana/schema and typescript installed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [folder, ...dashboards] = process.argv.slice(2);
const checked = join(folder, 'checked');
mkdirSync(checked, { recursive: true });

// Grafana's name of each panel's options and of a field's own settings; a panel of another kind is an error.
const panels = {
  stat: ['stat/panelcfg/x/StatPanelCfg_types.gen', 'Options', null],
  timeseries: ['timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen', 'Options', 'FieldConfig'],
  'state-timeline': ['statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen', 'Options', 'FieldConfig'],
  table: ['table/panelcfg/x/TablePanelCfg_types.gen', 'Options', 'FieldConfig'],
};

// Past the package's list of exports, which leaves these out.
const published = '../node_modules/@grafana/schema/dist/esm';

const types = Object.entries(panels).map(([kind, [file, options, custom]]) => {
  const module = `import('${published}/raw/composable/${file}')`;
  return `  '${kind}': { options: Plain<${module}.${options}>; custom: ${custom ? `Plain<${module}.${custom}>` : 'never'} };`;
});

const prelude = `
import type { AnnotationQuery, Dashboard, Panel, RowPanel } from '${published}/raw/dashboard/x/dashboard_types.gen';
import type { DataQuery } from '${published}/common/common.gen';
// In JSON, a member of an enumeration is its value.
type Plain<T> = T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Kinds = {
${types.join('\n')}
};
type Defaults<C> = Plain<Omit<NonNullable<NonNullable<Panel['fieldConfig']>['defaults']>, 'custom'>> & { custom?: Partial<C> };
// What Prometheus' own part of a query may say is published apart, with the data source.
type Query = Omit<DataQuery, 'queryType'> & {
  refId: string; expr: string; legendFormat?: string; instant?: boolean; range?: boolean; format?: 'table' | 'time_series';
};
type Shown<K extends keyof Kinds> = Plain<Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'>> & {
  type: K;
  options: Partial<Kinds[K]['options']>;
  fieldConfig: { defaults: Defaults<Kinds[K]['custom']>; overrides: Plain<NonNullable<Panel['fieldConfig']>['overrides']> };
  targets: Query[];
};
export type AnyPanel = { [K in keyof Kinds]: Shown<K> }[keyof Kinds];
type Row = Plain<Omit<RowPanel, 'panels'>> & { panels: AnyPanel[] };
type Annotation = Plain<AnnotationQuery> & { expr?: string; titleFormat?: string; textFormat?: string };
export type Checked = Plain<Omit<Dashboard, 'panels' | 'annotations'>> & {
  panels: Array<AnyPanel | Row>;
  annotations: { list: Annotation[] };
};
`;
writeFileSync(join(checked, 'types.ts'), prelude);
const files = dashboards.map((path) => {
  const file = join(checked, `${basename(path, '.json')}.ts`);
  const json = readFileSync(path, 'utf8');
  writeFileSync(file, `import type { Checked } from './types';\nexport const dashboard: Checked = ${json};\n`);
  return file;
});
try {
  execFileSync(
    process.execPath,
    [join(folder, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck', '--module', 'esnext',
      '--moduleResolution', 'bundler', '--target', 'es2022', ...files],
    { stdio: 'inherit' },
  );
} catch {
  process.exit(1);
}
console.log(`${files.length} dashboards are as Grafana's published types want them`);
