// What the page uses of htm/preact/standalone, which brings no types of its own that stand alone.

export interface VNode {
  readonly type: unknown;
}
export type Child = VNode | string | number | boolean | null | undefined | readonly Child[];
export interface Ref<T> {
  current: T;
}

export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): VNode;
export function render(tree: VNode, parent: Element): void;
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((previous: T) => T)) => void];
export function useEffect(
  effect: () => (() => void) | undefined,
  inputs?: readonly unknown[],
): void;
export function useLayoutEffect(
  effect: () => (() => void) | undefined,
  inputs?: readonly unknown[],
): void;
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useRef<T>(initial: T): Ref<T>;
