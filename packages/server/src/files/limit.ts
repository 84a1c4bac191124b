/** Runs at most so many tasks at one time: ten thousand logs must not open ten thousand files. */
export function limit(most: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (task) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await task()
    } finally {
      // The place goes straight to the next one.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
