/**
 * An answer of the worker in a component: asked again when `key` changes, at most twice a second,
 * and less often where answering takes long: the worker has a log to read. Once it has, it is asked
 * at once.
 */
import { useEffect, useRef, useState } from 'react'
import type { Answer, Ask, RequestType } from '../model/answers.ts'
import { useApp, useAppState } from './app.tsx'
import { createBehindPicture } from './behind-picture.ts'

const INTERVAL_MS = 500
/** An answer may take this share of the time. */
const SHARE = 0.05

export interface Asked<T extends RequestType> {
  /** The last answer to this subject; undefined until there is one. */
  readonly answer: Answer<T> | undefined
  readonly reason: string | undefined
}

/**
 * @param subject another subject drops the old answer at once
 * @param key a new key asks again and shows the old answer meanwhile
 */
export function useAnswer<T extends RequestType>(
  what: T,
  ask: Ask<T> | undefined,
  subject: string,
  key: string | number = '',
): Asked<T> {
  const app = useApp()
  const { ingest } = app
  const [behindPicture] = useState(() => createBehindPicture(app))
  const isRead = useAppState((state) => state.progress?.done === true)
  const [asked, setAsked] = useState<Asked<T> & { subject: string }>(() => nothing(subject))
  const nextAtMs = useRef(Number.NEGATIVE_INFINITY)
  /** What the component shows now: an answer to anything else comes too late. */
  const current = useRef({ subject, ask })
  useEffect(() => {
    current.current = { subject, ask }
  })

  useEffect(() => {
    nextAtMs.current = Number.NEGATIVE_INFINITY
  }, [subject, isRead])

  useEffect(() => {
    const isWanted = (): boolean => current.current.subject === subject
    const show = (shown: Asked<T>): void => {
      behindPicture(() => void (isWanted() && setAsked({ ...shown, subject })))
    }
    const send = (): void => {
      if (current.current.ask === undefined) return
      const askedMs = performance.now()
      nextAtMs.current = askedMs + INTERVAL_MS
      ingest.ask(what, current.current.ask).then(
        (answer) => {
          if (!isWanted()) return
          const nowMs = performance.now()
          nextAtMs.current = Math.max(nextAtMs.current, nowMs + (nowMs - askedMs) / SHARE)
          show({ answer, reason: undefined })
        },
        (error: Error) => show({ answer: undefined, reason: error.message }),
      )
    }
    const waitMs = Math.max(0, nextAtMs.current - performance.now())
    const timer = setTimeout(send, waitMs)
    return () => clearTimeout(timer)
  }, [ingest, what, subject, key, isRead, behindPicture])

  return asked.subject === subject ? asked : nothing(subject)
}

function nothing(subject: string): { subject: string; answer: undefined; reason: undefined } {
  return { subject, answer: undefined, reason: undefined }
}
