/** What the colors mean while bars are colored by what they use. */
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
      {HEAT_COLOR_NAMES.slice(0, UNKNOWN_HEAT).map((ink) => (
        <i key={ink} style={{ background: `var(${heatVariable(ink)})` }} aria-hidden="true" />
      ))}
      <span>{format(top)}</span>
      <i className="heat-unknown" aria-hidden="true" />
      <span>not known</span>
    </div>
  )
}
