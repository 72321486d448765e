import { writeFile } from 'node:fs/promises';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export type Point = Readonly<Record<string, number | string>>;

type Panel = { readonly field: string; readonly title: string; readonly scale?: 'log' };

/** Writes an SVG of several panels over one x axis, one line for each `series`. */
export async function writeChart(
  path: string,
  values: readonly Point[],
  x: Panel,
  panels: readonly Panel[],
): Promise<void> {
  const axis = ({ field, title, scale }: Panel) => ({
    field,
    title,
    type: 'quantitative' as const,
    ...(scale && { scale: { type: scale } }),
  });
  const spec: TopLevelSpec = {
    background: 'white',
    data: { values: [...values] },
    columns: 3,
    concat: panels.map((panel) => ({
      width: 180,
      height: 200,
      mark: { type: 'line' as const, point: true },
      encoding: {
        x: axis(x),
        y: axis(panel),
        color: { field: 'series', type: 'nominal' as const, title: null },
      },
    })),
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  await writeFile(path, `${await view.toSVG()}\n`);
}
