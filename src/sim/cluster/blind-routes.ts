import type { RequestTable } from '../request.ts';
import type { FleetConfig } from './fleet-config.ts';
import { RouteLog } from './route-log.ts';
import type { FleetView } from './router.ts';
import { createRouter } from './routers/routers.ts';
import { Part } from './split.ts';

/** Every decision of a router that looks at no engine, in a fleet that nothing couples: decision r is of request r, and each has an instance. Regrets are not known. */
export function blindRoutes({ instances, router: kind }: FleetConfig, requests: RequestTable): RouteLog {
  const router = createRouter(kind, instances.length);
  const routes = new RouteLog(instances.length);
  const view = viewOf(instances.length, requests);
  const scores = new Float64Array(instances.length);
  for (let request = 0; request < requests.count; request++) {
    const nowUs = requests.arrivalUs[request];
    scores.fill(Number.NaN);
    const instance = router.choose(request, nowUs, view, scores);
    routes.add(request, Part.whole, nowUs, instance, scores, Number.NaN);
    router.sent?.(request, instance, nowUs, view);
  }
  return routes;
}

/** Instances that are always open, and of which nothing else is known. */
function viewOf(count: number, requests: RequestTable): FleetView {
  const unseen = (): never => {
    throw new Error('a router that looks at no engine has looked');
  };
  return {
    count,
    requests,
    isOpen: () => true,
    draw: () => 0,
    inFlight: unseen,
    tokens: unseen,
    waiting: unseen,
    running: unseen,
    kvUse: unseen,
    tokensAhead: unseen,
    cachedTokens: unseen,
    storedTokens: unseen,
    fetchUs: unseen,
    prefillUs: unseen,
  };
}
