/** The legend of the color scale while bars are colored by energy or power. */
import { formatJoules, formatWatts } from '@wattline/trace'
import {
  HEAT_COLOR_NAMES,
  heatRange,
  heatVariable,
  UNKNOWN_HEAT,
  type Heat,
} from './layout/heat.ts'

export function HeatLegend({ heat }: { heat: Heat | undefined }) {
  if (heat === undefined) return null
  const [bottom, top] = heatRange(heat)
  const format = heat.by === 'joules' ? formatJoules : formatWatts
  const atMost = heat.by === 'joules' ? '≤ ' : ''
  return (
    <div className="heat-legend" role="note" aria-label={`Colors: ${heat.by} of each span`}>
      <span>
        {atMost}
        {format(bottom)}
      </span>
      {HEAT_COLOR_NAMES.slice(0, UNKNOWN_HEAT).map((name) => (
        <i key={name} style={{ background: `var(${heatVariable(name)})` }} aria-hidden="true" />
      ))}
      <span>{format(top)}</span>
      <i className="heat-unknown" aria-hidden="true" />
      <span>unknown</span>
    </div>
  )
}
