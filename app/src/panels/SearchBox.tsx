/** The search field of a run. The timeline dims everything that does not match. */
import { formatInteger } from '../base/format.ts'
import { useApp, useAppState } from '../page/app.tsx'
import { setQuery } from '../store/transitions.ts'
import { IconButton } from '../ui/IconButton.tsx'
import { CloseIcon, SearchIcon } from '../ui/icons.tsx'

export function SearchBox() {
  const { store, timeline, searchField } = useApp()
  const query = useAppState((state) => state.query)
  const count = useAppState((state) => state.matchCount)
  const clear = (): void => store.update(setQuery, '')
  return (
    <search className="search-box">
      <SearchIcon size={14} />
      <input
        ref={searchField}
        id="search"
        type="search"
        aria-label="Search spans"
        aria-describedby="search-help"
        placeholder="Search"
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => store.update(setQuery, event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            timeline.current?.nextMatch()
            timeline.current?.focus()
          }
          if (event.key !== 'Escape') return
          event.preventDefault()
          clear()
          event.currentTarget.blur()
          timeline.current?.focus()
        }}
      />
      <span id="search-help" className="unseen">
        Search names, kinds, agents, errors or a full id; agent:name, kind:name, is:error, is:open
      </span>
      {query === '' ? (
        <kbd aria-hidden="true">/</kbd>
      ) : (
        <>
          <span role="status" className={count === 0 ? 'match-count none' : 'match-count'}>
            {count === undefined ? '…' : formatInteger(count)}
            <span className="unseen"> matches</span>
          </span>
          <IconButton label="Clear search" className="small" onClick={clear}>
            <CloseIcon size={12} />
          </IconButton>
        </>
      )}
    </search>
  )
}
