/** One entry in the list of problems: how often it occurs, its name and an explanation. */
import { formatInteger } from '../base/format.ts'
import type { ReactNode } from 'react'

interface ProblemItemProps {
  readonly count: number
  readonly name: string
  readonly isHarmless?: boolean | undefined
  readonly children: ReactNode
}

export function ProblemItem({ count, name, isHarmless = false, children }: ProblemItemProps) {
  return (
    <div className="problem">
      <dt>
        <span className={isHarmless ? 'problem-count harmless' : 'problem-count'}>
          {formatInteger(count)}
        </span>{' '}
        {name}
      </dt>
      <dd>{children}</dd>
    </div>
  )
}
