/** Runs an action that can fail, and shows why it failed until the next attempt. */
import { useState, type ReactNode } from 'react'

export interface Attempts {
  /** The message of the last failure, undefined after a success. */
  readonly failure: ReactNode
  /** @returns whether the action succeeded */
  readonly attempt: (action: () => Promise<void>) => Promise<boolean>
}

export function useAttempt(): Attempts {
  const [reason, setReason] = useState<string>()
  const attempt = async (action: () => Promise<void>): Promise<boolean> => {
    try {
      await action()
      setReason(undefined)
      return true
    } catch (error) {
      setReason(error instanceof Error ? error.message : String(error))
      return false
    }
  }
  const failure = (
    <span role="alert" className="bad">
      {reason}
    </span>
  )
  return { failure: reason === undefined ? undefined : failure, attempt }
}
