/** The entry of the page: creates its parts, connects them and renders. */
import { createRef, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ColumnStore } from './model/columns.ts'
import { AppProvider, type App } from './page/app.tsx'
import { Root } from './Root.tsx'
import { control, createReporter } from './page/controller.ts'
import { afterPaint, createFrames } from './base/frame.ts'
import type { Selected } from './model/view-state.ts'
import { listenToKeys } from './page/keys.ts'
import { createLocalFiles } from './store/local-files.ts'
import { runPlayback } from './page/playback.ts'
import { keepPreferences } from './page/preferences.ts'
import { setConnection } from './store/run-transitions.ts'
import { createAppStore } from './store/store.ts'
import { syncUrl } from './page/url-sync.ts'
import { createIngest, startWorker } from './page/ingest-client.ts'
import './ui/tokens.css'
import './ui/global.css'

/** Scrolls to a selection once the timeline has its row, unless the user selects something else. */
function scrollToSelected({ store, frames, timeline }: App, selected: Selected): void {
  const stop = frames.onFrame(() => {
    const isOver = store.getState().selected !== selected
    if (isOver || timeline.current?.scrollTo(selected) === true) return stop()
    frames.requestFrame('selection')
  })
  frames.requestFrame('selection')
}

/** The `?silence=SECONDS` of the address, for scripts that test what the page shows. */
function silentMsOf(search: string): number | undefined {
  const seconds = Number(new URLSearchParams(search).get('silence'))
  return seconds > 0 && seconds <= 3600 ? seconds * 1000 : undefined
}

function start(root: HTMLElement): void {
  const base = new URL('.', document.baseURI).href
  const parts = {
    store: createAppStore(),
    columns: new ColumnStore(),
    frames: createFrames((draw) => requestAnimationFrame(draw)),
    files: createLocalFiles(),
    base,
    silentMs: silentMsOf(window.location.search),
  }
  const fail = (reason: string): void => {
    const failed = { state: 'failed', attempt: 0, retryAtS: undefined, reason } as const
    parts.store.update(setConnection, failed)
  }
  const ingest = createIngest(startWorker(), createReporter(parts), fail, (then) =>
    afterPaint(parts.frames, then),
  )
  const app: App = {
    ...parts,
    ingest,
    timeline: { current: undefined },
    searchField: createRef(),
    fileInput: createRef(),
  }
  keepPreferences(app.store, window)
  control(parts, ingest)
  syncUrl(app.store, app.columns, window, (selected) => scrollToSelected(app, selected))
  runPlayback(app)
  listenToKeys(app, window)
  createRoot(root).render(
    <StrictMode>
      <AppProvider app={app}>
        <Root />
      </AppProvider>
    </StrictMode>,
  )
}

const root = document.getElementById('root')
if (root === null) throw new Error('index.html must have an element #root')
start(root)
