/** A link in the data quality dialog that closes the dialog and searches the run. */
import type { ComponentProps } from 'react'
import { useApp } from '../page/app.tsx'
import { setFields, setQuery } from '../store/transitions.ts'
import { Button } from '../ui/Button.tsx'

type SearchLinkProps = ComponentProps<'button'> & { readonly query: string }

export function SearchLink({ query, ...rest }: SearchLinkProps) {
  const { store } = useApp()
  const search = (): void => {
    store.update(setFields, { dialog: undefined })
    store.update(setQuery, query)
  }
  return <Button className="link" {...rest} onClick={search} />
}
