import { type RequestSpec, RequestTable } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import { openSource } from './open-source.ts';

/** An open source of exactly these requests. They are put in order of arrival; equal times keep the order of the list. */
export function listSource(specs: readonly RequestSpec[], classes?: readonly string[]): Source {
  const table = new RequestTable(specs.length);
  for (const spec of [...specs].sort((a, b) => a.arrivalUs - b.arrivalUs)) table.push(spec);
  return openSource(table, classes);
}
