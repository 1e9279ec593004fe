// The package has types, but its `exports` do not lead to them.
declare module "tinykeys" {
  export function tinykeys(
    target: Window | HTMLElement,
    handlers: Record<string, (event: KeyboardEvent) => void>,
  ): () => void
}
