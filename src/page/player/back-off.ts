const firstMs = 500;
const mostMs = 15_000;

/** How long to wait before the next retry. Random, so that many cameras do not retry at once. */
export const backOffMs = (failures: number): number =>
  Math.min(mostMs, firstMs * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
