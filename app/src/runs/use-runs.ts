/** The runs of the server, requested every second while the page is visible. */
import { useEffect, useRef, useState } from 'react'
import { RefusalError } from '../base/reply.ts'
import type { RunEntry } from '../model/run-info.ts'
import { getSummary, listRuns, type RunNumbers } from '../page/server-api.ts'

const INTERVAL_MS = 1000

export interface RunList {
  readonly runs: readonly RunEntry[]
  readonly state: 'loading' | 'ready' | 'away'
  /** Why the server refused the request; undefined when it did not answer. */
  readonly reason?: string | undefined
  /** When the server last answered, Unix seconds of the browser. */
  readonly heardAtS: number | undefined
  /** Requests the list immediately. */
  readonly refresh: () => void
}

const NOT_ASKED = { runs: [], state: 'loading', heardAtS: undefined } as const

export function useRuns(base: string, silentMs?: number): RunList {
  const [list, setList] = useState<Omit<RunList, 'refresh'>>(NOT_ASKED)
  const [asked, setAsked] = useState(0)
  const heardAtS = useRef<number>(undefined)

  useEffect(() => {
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async (): Promise<void> => {
      if (document.visibilityState === 'visible') {
        try {
          const runs = await listRuns(base, abort.signal, silentMs)
          heardAtS.current = Date.now() / 1000
          setList((before) =>
            JSON.stringify(before.runs) === JSON.stringify(runs) && before.state === 'ready'
              ? before
              : { runs, state: 'ready', heardAtS: heardAtS.current },
          )
        } catch (error) {
          const reason = error instanceof RefusalError ? error.message : undefined
          // The known runs stay on screen, with a banner.
          if (!abort.signal.aborted)
            setList(({ runs }) => ({ runs, state: 'away', reason, heardAtS: heardAtS.current }))
        }
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void ask(), INTERVAL_MS)
    }
    void ask()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [base, asked, silentMs])

  return { ...list, refresh: () => setAsked((times) => times + 1) }
}

/** The numbers of a row, requested when it is rendered and after each change of the run. */
export function useSummary(base: string, run: RunEntry): RunNumbers | undefined {
  const [summary, setSummary] = useState<RunNumbers>()
  useEffect(() => {
    if (run.local) return
    const abort = new AbortController()
    getSummary(base, run.id, abort.signal).then(setSummary, () => undefined)
    return () => abort.abort()
  }, [base, run.id, run.local, run.bytes, run.state])
  return summary
}

/** Sorts live runs first, then by start time, the latest first. */
export function inOrder(runs: readonly RunEntry[]): readonly RunEntry[] {
  return runs.toSorted(
    (a, b) =>
      Number(b.state === 'live') - Number(a.state === 'live') ||
      (b.startedS ?? b.updatedS ?? 0) - (a.startedS ?? a.updatedS ?? 0) ||
      a.name.localeCompare(b.name),
  )
}

/** The runs whose name, id or state contains every word of the filter. */
export function filterRuns(runs: readonly RunEntry[], filter: string): readonly RunEntry[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  return runs.filter(({ name, id, state }) => {
    const text = `${name} ${id} ${state}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
