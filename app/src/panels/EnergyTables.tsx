/** The energy by model, tool, kind and agent, the largest first. */
import { formatJoules, isMeasured, shortModel, kindLabel } from '@wattline/trace'
import { useState } from 'react'
import { useApp } from '../page/app.tsx'
import { isolated } from '../base/isolated.ts'
import type { EnergyBreakdown } from '../model/answers.ts'
import { groupLabel } from '../model/span-labels.ts'
import { setQuery } from '../store/transitions.ts'

/** Further rows of a table are shown on request. */
const MOST_ROWS = 6
/** The search has no escape for a quote in a name. */
const SEARCHABLE = /^[^"]+$/

type Group = EnergyBreakdown['kinds'][number]

export function EnergyTables({ energy }: { energy: EnergyBreakdown }) {
  const { models, tools, kinds, agents } = energy
  return (
    <section className="details-section energy-tables">
      <h3>Energy</h3>
      <EnergyTable title="Model" groups={models} label={shortModel} query="model" perUnit="token" />
      <EnergyTable title="Tool" groups={tools} query="tool" perUnit="call" />
      <EnergyTable title="Kind" groups={kinds} label={kindLabel} query="kind" />
      {agents.length > 1 && <EnergyTable title="Agent" groups={agents} query="agent" />}
    </section>
  )
}

interface TableProps {
  readonly title: string
  readonly groups: readonly Group[]
  readonly label?: (name: string) => string
  readonly query: string
  readonly perUnit?: 'token' | 'call'
}

function EnergyTable({ title, groups, label = groupLabel, query, perUnit }: TableProps) {
  const { store } = useApp()
  const [isAll, setAll] = useState(false)
  if (groups.length === 0) return undefined
  const shown = isAll || groups.length === MOST_ROWS + 1 ? groups : groups.slice(0, MOST_ROWS)
  const columnCount = perUnit === undefined ? 3 : 4
  return (
    <table className="table kinds energy">
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">Energy</th>
          <th scope="col">Share</th>
          {perUnit !== undefined && <th scope="col">J/{perUnit}</th>}
        </tr>
      </thead>
      <tbody>
        {shown.map((group) => (
          <tr key={group.name}>
            <th scope="row">
              <button
                type="button"
                className="row-button span-link"
                title={`Highlight ${query}:"${isolated(group.name)}"`}
                disabled={!SEARCHABLE.test(group.name)}
                onClick={() => store.update(setQuery, `${query}:"${group.name}"`)}
              >
                <span className="span-link-label" dir="auto">
                  {label(group.name)}
                </span>
              </button>
            </th>
            <td title={rangeText(group)}>
              {formatJoules(isMeasured(group) ? group.ownJ : undefined)}
            </td>
            <td>{isMeasured(group) && <Share share={group.share} />}</td>
            {perUnit !== undefined && (
              <td>
                {formatJoules(perUnit === 'token' ? group.joulesPerToken : group.joulesPerCall)}
              </td>
            )}
          </tr>
        ))}
        {shown.length < groups.length && (
          <tr>
            <td colSpan={columnCount}>
              <button type="button" className="link" onClick={() => setAll(true)}>
                {groups.length - shown.length} more
              </button>
            </td>
          </tr>
        )}
      </tbody>
    </table>
  )
}

function Share({ share }: { share: number }) {
  const percent = share * 100
  return (
    <span className="energy-share">
      <i aria-hidden="true" style={{ width: `${Math.min(100, percent)}%` }} />
      {percent.toFixed(1)} %
    </span>
  )
}

/** `between 0 and 5.03 kJ`. */
export function betweenJoules(lowJ: number, highJ: number): string {
  return `between ${lowJ === 0 ? '0' : formatJoules(lowJ)} and ${formatJoules(highJ)}`
}

function rangeText(group: Group): string {
  const { ownJ, lowJ, highJ } = group
  if (!isMeasured(group)) return 'Unknown: no power meter of this run measures it'
  return `${ownJ.toPrecision(6)} J (${betweenJoules(lowJ, highJ)})`
}
