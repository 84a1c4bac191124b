/** The columns for a component: it renders again with each version of theirs. */
import type { TraceColumns } from '../model/columns.ts'
import { useApp, useFacts } from './app.tsx'

export function useColumns(): { readonly columns: TraceColumns; readonly version: number } {
  const { columns } = useApp()
  const version = useFacts((state) => state.version)
  return { columns, version }
}
