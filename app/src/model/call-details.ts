/**
 * What calls do (`npm test`), by slot. The columns do not have it, because it would be as large as the log:
 * the labels that are painted ask for it, and show it when the worker has answered.
 */

/** Details that are kept: several screens full. */
const MOST_KEPT = 5000
/** Details that one request asks for. */
const MOST_WANTED = 400

export class CallDetails {
  /** Undefined = the arguments of the call do not tell. */
  readonly #known = new Map<number, string | undefined>()
  readonly #wanted = new Set<number>()
  /** Incremented when the slots are those of another log. */
  generation = 0

  /** The detail of a call, if it is known; else it is wanted. */
  of(slot: number): string | undefined {
    if (this.#known.has(slot)) return this.#known.get(slot)
    if (this.#wanted.size < MOST_WANTED) this.#wanted.add(slot)
    return undefined
  }

  /** The slots that are wanted, once. */
  takeWanted(): number[] {
    const slots = [...this.#wanted]
    this.#wanted.clear()
    return slots
  }

  set(slots: readonly number[], details: readonly (string | null)[]): void {
    if (this.#known.size + slots.length > MOST_KEPT) this.#known.clear()
    for (const [index, slot] of slots.entries()) this.#known.set(slot, details[index] ?? undefined)
  }

  clear(): void {
    this.generation++
    this.#known.clear()
    this.#wanted.clear()
  }
}
