/**
 * Runs processes on a simulated clock. A process is a generator that yields what it waits for:
 *
 *     yield 0.25                       sleeps 0.25 seconds
 *     yield [callA(), callB()]         runs both in parallel and waits for both
 *     yield Infinity                   never continues, nor does a process that waits for it
 *
 * Memory depends on the active processes only. Time never goes back.
 */
import { lowerBound } from '../columns/lower-bound.ts'

export type Process = Generator<number | readonly Process[], void, void>

interface Task {
  readonly process: Process
  readonly parent: Task | undefined
  /** Number of children it waits for. */
  waiting: number
  wakeS: number
}

export class Scheduler {
  #nowS: number
  /** Sleeping tasks, the next one last. At equal times, the task scheduled first runs first. */
  readonly #queue: Task[] = []

  constructor(startS: number) {
    this.#nowS = startS
  }

  get nowS(): number {
    return this.#nowS
  }

  /** Number of sleeping processes. */
  get sleeping(): number {
    return this.#queue.length
  }

  spawn(process: Process, parent?: Task): void {
    this.#push({ process, parent, waiting: 0, wakeS: this.#nowS }, this.#nowS)
  }

  /** Moves the clock to the next process and runs it until it waits. Returns false if none is left. */
  step(): boolean {
    const task = this.#queue.pop()
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
    const queue = this.#queue
    const at = lowerBound(0, queue.length, (index) => queue[index]!.wakeS > wakeS)
    queue.splice(at, 0, task)
  }
}
