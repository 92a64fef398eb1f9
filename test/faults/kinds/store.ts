import { done, type FaultKind, type Heal, type Scene } from '../fault.ts';
import type { Fault } from '../../support/fault-proxy.ts';

// None of these may be seen in the footage: what can't be stored waits in the spool.
const none = { place: 'store', causes: [] } as const;

function standing(fault: Fault): (scene: Scene) => Promise<Heal> {
  return async ({ store }) => {
    store.standing = fault;
    return () => {
      store.standing = 'none';
    };
  };
}

function next(fault: Fault): (scene: Scene, _: unknown, chance: number) => Promise<Heal> {
  return async ({ store }, _, chance) => {
    store.next.push(...Array<Fault>(1 + Math.floor(chance * 4)).fill(fault));
    return done;
  };
}

export const storeFaults: readonly FaultKind[] = [
  {
    name: 'a store that is away',
    ...none,
    weight: 4,
    lasts: [3, 25],
    inflict: async ({ store }) => {
      await store.refuse();
      return () => store.accept();
    },
  },
  {
    name: 'a store that is restarted',
    ...none,
    weight: 2,
    lasts: [0.5, 5],
    inflict: async ({ site }) => {
      await site.stopStore();
      return () => site.startStore();
    },
  },
  {
    name: 'a slow way to the store',
    ...none,
    weight: 3,
    lasts: [5, 20],
    inflict: async ({ store }) => {
      store.bytesPerSecond = 15_000;
      return () => {
        store.bytesPerSecond = undefined;
      };
    },
  },
  {
    name: 'a storm of 503',
    ...none,
    weight: 3,
    lasts: [2, 15],
    inflict: standing('503'),
  },
  {
    name: '403 from the store',
    ...none,
    weight: 3,
    lasts: [2, 15],
    inflict: standing('403'),
  },
  {
    name: 'a store that hangs',
    ...none,
    weight: 3,
    lasts: [2, 15],
    inflict: standing('hang'),
  },
  {
    name: 'a store that refuses checksums',
    ...none,
    weight: 2,
    lasts: [3, 12],
    inflict: standing('400 to checksums'),
  },
  {
    name: 'a store that refuses large bodies',
    ...none,
    weight: 2,
    lasts: [3, 12],
    inflict: standing('413 to large bodies'),
  },
  {
    name: 'a store that does not find what it has',
    ...none,
    weight: 2,
    lasts: [2, 8],
    inflict: standing('404 to HEAD'),
  },
  { name: 'uploads cut', ...none, weight: 3, lasts: [0, 2], inflict: next('cut') },
  { name: 'answers lost', ...none, weight: 3, lasts: [0, 2], inflict: next('lose answer') },
  { name: 'bits flipped', ...none, weight: 3, lasts: [0, 2], inflict: next('flip a bit') },
];
