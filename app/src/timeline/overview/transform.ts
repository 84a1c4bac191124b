/** Moves an element that has a layer of its own: nothing is laid out or painted, and nothing set that is so. */
export function setTransform(element: HTMLElement | null, transform: string): void {
  if (element !== null && element.style.transform !== transform) element.style.transform = transform
}
