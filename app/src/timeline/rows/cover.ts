/** How much of a merged bar is covered by spans, in quarters: 1 to 4. A bar of one span has all 4. */
export const COVERS = 4

/** Quarters for a share of 0 to 1, rounded up: a bar that covers anything is visible. */
export function coverOf(share: number): number {
  return Math.min(COVERS, Math.max(1, Math.ceil(share * COVERS)))
}
