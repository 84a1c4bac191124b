/** Waits, but not for ever: what is measured may hang. */

/** @throws {Error} when `work` takes longer; it is then left to itself */
export async function within<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(limitMs)
  const tooLate = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () =>
      reject(new Error(`${what} took over ${limitMs / 1_000} s`)),
    )
  })
  // What is left to itself may fail later, when its browser is closed. Nobody waits for it then.
  work.catch(() => undefined)
  return Promise.race([work, tooLate])
}
