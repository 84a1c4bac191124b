/** The parts of the page that every component can use, as a React context. */
import { createContext, useContext, useEffect, type ReactNode, type RefObject } from 'react'
import { useStore } from 'zustand'
import type { Columns } from '../model/columns.ts'
import type { AppState } from '../store/app-state.ts'
import type { Ingest } from './ingest-client.ts'
import type { Frames } from '../base/frame.ts'
import type { LocalFiles } from '../store/local-files.ts'
import type { AppStore } from '../store/store.ts'
import type { TimelineActions } from './timeline-actions.ts'

export interface App {
  readonly store: AppStore
  /** Read it outside React, or with `useColumns`. */
  readonly columns: Columns
  readonly frames: Frames
  readonly ingest: Ingest
  readonly files: LocalFiles
  /** URL of the server, with a slash at its end. */
  readonly base: string
  /** The server's silence after which the page reconnects. @default 30_000 */
  readonly silentMs?: number | undefined
  /** Set by the timeline while it is on screen. */
  readonly timeline: { current: TimelineActions | undefined }
  /** The search field on screen: of the run's spans, or of the list of runs. */
  readonly searchField: RefObject<HTMLInputElement | null>
  /** The page's file input, which opens the browser's file chooser. */
  readonly fileInput: RefObject<HTMLInputElement | null>
}

const AppContext = createContext<App | undefined>(undefined)

export function AppProvider({ app, children }: { app: App; children: ReactNode }) {
  return <AppContext value={app}>{children}</AppContext>
}

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === undefined) throw new TypeError('useApp needs an <AppProvider> above it')
  return app
}

/** Selects a part of the state. The component renders again when it changes. */
export function useAppState<T>(selector: (state: AppState) => T): T {
  return useStore(useApp().store, selector)
}

/** The columns, for a component that renders again with each new version of them. */
export function useColumns(): { readonly columns: Columns; readonly version: number } {
  const { columns } = useApp()
  const version = useAppState((state) => state.version)
  return { columns, version }
}

/** Sets the title of the document. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title
  }, [title])
}
