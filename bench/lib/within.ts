/** Waits with a time limit, because the measured page may hang. */

/** @throws {Error} when `work` takes longer than the limit; it is not cancelled */
export async function within<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(limitMs)
  const tooLate = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () =>
      reject(new Error(`${what} took over ${limitMs / 1_000} s`)),
    )
  })
  // Work past the limit may fail later, when its browser closes; that error is expected.
  work.catch(() => undefined)
  return Promise.race([work, tooLate])
}
