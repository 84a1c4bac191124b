/** A React hook that asks the worker and renders its answer. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { useThrottle } from '../base/use-scheduled.ts'
import type { Answer, Params, RequestType } from '../model/answers.ts'
import { useApp, useAppState } from './app.tsx'
import { createRenderScheduler } from './render-scheduler.ts'

const INTERVAL_MS = 500
/** Answering may take this share of the worker's time, since the worker also reads the log. */
const WORKER_SHARE = 0.05

export interface AnswerState<T extends RequestType> {
  /** The last answer; undefined until there is one. */
  readonly answer: Answer<T> | undefined
  /** Why the last request failed. */
  readonly reason: string | undefined
}

const NO_ANSWER = { answer: undefined, reason: undefined } as const

export interface AnswerOptions {
  /** A new version asks again and shows the old answer meanwhile. */
  readonly version?: number
  /** Shows the old answer also while new parameters are asked for. */
  readonly keepOld?: boolean
}

/**
 * Asks immediately when the parameters change or the log has been read to its end. Asks again for a new
 * version, at most twice a second, and less often where answering takes long.
 *
 * @param params the parameters of the request; undefined = ask nothing
 */
export function useAnswer<T extends RequestType>(
  type: T,
  params: Params<T> | undefined,
  { version = 0, keepOld = false }: AnswerOptions = {},
): AnswerState<T> {
  const app = useApp()
  const [schedule] = useState(() => createRenderScheduler(app))
  const isRead = useAppState((state) => state.progress?.done === true)
  const runId = useAppState((state) => state.runId)
  const paramsKey = JSON.stringify(params)
  /** An answer to another subject is not shown. */
  const subject = keepOld ? `${runId}` : `${runId} ${paramsKey}`
  const [shown, setShown] = useState<AnswerState<T> & { readonly subject: string }>({
    ...NO_ANSWER,
    subject,
  })
  const current = useRef(subject)
  const intervalMs = useRef(INTERVAL_MS)
  const getIntervalMs = useCallback(() => intervalMs.current, [])
  const request = useThrottle(getIntervalMs, () => {
    if (params === undefined) return
    const show = (state: AnswerState<T>): void =>
      schedule(() => {
        if (current.current === subject) setShown({ ...state, subject })
      })
    const askedMs = performance.now()
    intervalMs.current = INTERVAL_MS
    app.ingest.ask(type, params).then(
      (answer) => {
        if (current.current !== subject) return
        const tookMs = performance.now() - askedMs
        intervalMs.current = Math.max(INTERVAL_MS, tookMs + tookMs / WORKER_SHARE)
        show({ answer, reason: undefined })
      },
      (error: Error) => show({ answer: undefined, reason: error.message }),
    )
  })
  const asked = useRef<string>(undefined)
  useEffect(() => {
    current.current = subject
    const immediate = `${type} ${subject} ${isRead} ${paramsKey === undefined}`
    if (asked.current === immediate) return request().schedule()
    asked.current = immediate
    request().runNow()
  }, [request, type, subject, paramsKey, version, isRead])

  return shown.subject === subject ? shown : NO_ANSWER
}
