/** The right side of a run: the selected span or point, else an overview of the run. */
import { useAppState, useColumns } from '../page/app.tsx'
import { MarkDetails } from './MarkDetails.tsx'
import { Overview } from './Overview.tsx'
import { SpanDetails } from './SpanDetails.tsx'
import './details.css'

export function Details() {
  const selected = useAppState((state) => state.selected)
  const isKnown = useIsKnown()
  if (selected === undefined || !isKnown) return <Overview />
  return (
    <section className="details" aria-label="Details of the selection">
      {selected.type === 'span' ? (
        <SpanDetails key={selected.slot} slot={selected.slot} />
      ) : (
        <MarkDetails key={selected.slot} slot={selected.slot} />
      )}
    </section>
  )
}

/** A selection from a link may be of a span that has not been read yet. */
function useIsKnown(): boolean {
  const { columns } = useColumns()
  const selected = useAppState((state) => state.selected)
  if (selected === undefined) return false
  return selected.slot < (selected.type === 'span' ? columns.spanCount : columns.markCount)
}
