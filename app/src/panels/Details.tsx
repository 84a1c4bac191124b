/** The panel on the right: the selected span or point, or an overview of the run. */
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
    <section className="details" aria-label="Selection details">
      {selected.type === 'span' ? (
        <SpanDetails key={selected.slot} slot={selected.slot} />
      ) : (
        <MarkDetails key={selected.slot} slot={selected.slot} />
      )}
    </section>
  )
}

/** Whether the selection has been read: a link can select a span before its line is read. */
function useIsKnown(): boolean {
  const { columns } = useColumns()
  const selected = useAppState((state) => state.selected)
  if (selected === undefined) return false
  return selected.slot < (selected.type === 'span' ? columns.spanCount : columns.markCount)
}
