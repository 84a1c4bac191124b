/**
 * Runs processes on a simulated clock. A process is a generator that yields what it waits for:
 *
 *     yield 0.25                       sleeps 0.25 seconds
 *     yield [callA(), callB()]         runs both in parallel and waits for both
 *     yield Infinity                   never continues, nor does a process that waits for it
 *
 * Memory depends on the active processes only. Time never goes back.
 */

export type Process = Generator<number | readonly Process[], void, void>

interface Task {
  readonly process: Process
  readonly parent: Task | undefined
  /** Number of children it waits for. */
  waiting: number
  wakeS: number
  /** At equal `wakeS`, the task scheduled first runs first. */
  order: number
}

export class Scheduler {
  #nowS: number
  #order = 0
  /** A binary heap: task i wakes no later than the tasks at 2i + 1 and 2i + 2. */
  readonly #heap: Task[] = []

  constructor(startS: number) {
    this.#nowS = startS
  }

  get nowS(): number {
    return this.#nowS
  }

  /** Number of sleeping processes. */
  get sleeping(): number {
    return this.#heap.length
  }

  spawn(process: Process, parent?: Task): void {
    this.#push({ process, parent, waiting: 0, wakeS: this.#nowS, order: 0 }, this.#nowS)
  }

  /** Moves the clock to the next process and runs it until it waits. Returns false if none is left. */
  step(): boolean {
    const task = this.#pop()
    if (task === undefined) return false
    this.#nowS = task.wakeS
    const { done, value } = task.process.next()
    if (done === true) this.#finish(task)
    else if (typeof value === 'number') this.#push(task, this.#nowS + value)
    else if (value.length === 0) this.#push(task, this.#nowS)
    else {
      task.waiting = value.length
      for (const child of value) this.spawn(child, task)
    }
    return true
  }

  #finish({ parent }: Task): void {
    if (parent !== undefined && --parent.waiting === 0) this.#push(parent, this.#nowS)
  }

  #push(task: Task, wakeS: number): void {
    if (!Number.isFinite(wakeS)) return
    task.wakeS = wakeS
    task.order = this.#order++
    const heap = this.#heap
    let at = heap.push(task) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!this.#swapUnlessOrdered(above, at)) return
      at = above
    }
  }

  #pop(): Task | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || first === last) return first
    heap[0] = last
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const least = this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#swapUnlessOrdered(at, least)) return first
      at = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]]
    if (x === undefined || y === undefined) return false
    return x.wakeS < y.wakeS || (x.wakeS === y.wakeS && x.order < y.order)
  }

  #swapUnlessOrdered(above: number, below: number): boolean {
    if (!this.#isBefore(below, above)) return false
    const [x, y] = [this.#heap[above], this.#heap[below]]
    if (x === undefined || y === undefined) return false
    this.#heap[above] = y
    this.#heap[below] = x
    return true
  }
}
