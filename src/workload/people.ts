import { choose, Purpose, uniform } from '../sim/random.ts';
import type { Source } from '../sim/source.ts';
import type { Bodies } from './lengths.ts';

/** Priority value of an urgent request where smaller is served first; that of the others is 0. */
const URGENT = -1;

export interface PeopleOptions {
  /** Users who share the engine. */
  readonly users: number;
  /** Share of the requests that are urgent, 0 to 1. */
  readonly urgentShare: number;
  /** Priority value of urgent requests, as the engine wants it; left out: one that is served first where smaller is. */
  readonly urgentPriority?: number;
  readonly seed: number;
}

/** Who asks, and how urgently: by the number of the asker (a request of an open loop, a client, a session). */
export interface People {
  /** User number r asks in proportion to 1 / (r + 1)^2: of two users the first sends four fifths, of ten about two thirds. */
  userOf(asker: number): number;
  priorityOf(index: number): number;
}

/** The people of a workload; null if there is one user and nobody is urgent. */
export function createPeople({ users, urgentShare, urgentPriority = URGENT, seed }: PeopleOptions): People | null {
  if (users <= 1 && urgentShare <= 0) return null;
  const weights = Array.from({ length: users }, (_, r) => 1 / ((r + 1) * (r + 1)));
  return {
    userOf: (asker) => choose(uniform(seed, Purpose.user, asker, 0), weights),
    priorityOf: (index) => (uniform(seed, Purpose.priority, index, 0) < urgentShare ? urgentPriority : 0),
  };
}

/** Gives the requests of an open source to people. */
export function withPeople(source: Source, people: People | null): Source {
  const { requests } = source;
  for (let r = 0; people !== null && r < requests.count; r++) {
    requests.user[r] = people.userOf(r);
    requests.session[r] = requests.user[r];
    requests.priority[r] = people.priorityOf(r);
  }
  return source;
}

/** Bodies of requests that come from people; `clients` ask in turn, each for one user. */
export function peopleBodies(bodies: Bodies, clients: number, people: People | null): Bodies {
  if (people === null) return bodies;
  return (index, into) => {
    bodies(index, into);
    into.user = people.userOf(index % clients);
    into.priority = people.priorityOf(index);
  };
}
