import { expect, it } from 'vitest';
import { closedLoopSource } from './closed-loop.ts';
import { listSource } from './list.ts';
import { createPeople, peopleBodies, withPeople } from './people.ts';

const asked = (users: number, requests: number) => {
  const people = createPeople({ users, urgentShare: 0.25, seed: 3 });
  const specs = Array.from({ length: requests }, (_, i) => ({ arrivalUs: i, promptTokens: 1, outputTokens: 1 }));
  return withPeople(listSource(specs), people).requests;
};

it('gives users shares that fall with the square of their rank, and makes a share of the requests urgent', () => {
  const requests = asked(3, 20_000);
  const counts = [0, 0, 0];
  let urgent = 0;
  for (let r = 0; r < requests.count; r++) {
    counts[requests.user[r]]++;
    if (requests.priority[r] < 0) urgent++;
  }
  const whole = 1 + 1 / 4 + 1 / 9;
  [1, 1 / 4, 1 / 9].forEach((weight, user) => {
    expect(counts[user] / requests.count).toBeCloseTo(weight / whole, 1);
  });
  expect(urgent / requests.count).toBeCloseTo(0.25, 1);
});

it('changes nothing with one user and nobody urgent', () => {
  expect(createPeople({ users: 1, urgentShare: 0, seed: 1 })).toBeNull();
});

it('lets a client of a closed loop ask for one user all the time', () => {
  const people = createPeople({ users: 5, urgentShare: 0, seed: 1 });
  const bodies = peopleBodies((_, into) => Object.assign(into, { promptTokens: 1, outputTokens: 1 }), 4, people);
  const source = closedLoopSource({ clients: 4, requests: 40, thinkS: 0, seed: 1, bodies });
  const users = new Map<number, Set<number>>();
  let done = 0;
  for (let now = 0; done < 40; now += 10) {
    source.next(now);
    // Answered in turn, so that the clients ask in the same order again.
    for (; done < source.requests.count; done++) {
      const client = done % 4;
      users.set(client, (users.get(client) ?? new Set()).add(source.requests.user[done]));
      source.finished(done, now + 1);
    }
  }
  expect([...users.values()].map((set) => set.size)).toEqual([1, 1, 1, 1]);
});
