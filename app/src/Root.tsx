/** The root of the page: the list of runs or one run, the dialogs, and file drops. */
import { Activity, lazy, Suspense, useState, type ComponentType } from 'react'
import { RunPage } from './RunPage.tsx'
import { CommandDialog } from './panels/Palette.tsx'
import { useAppState } from './page/app.tsx'
import { DropFiles } from './DropFiles.tsx'
import { TipProvider } from './ui/Tip.tsx'

export function Root() {
  const runId = useAppState((state) => state.runId)
  return (
    <TipProvider>
      <DropFiles />
      <Suspense>{runId === undefined && <RunsPage />}</Suspense>
      {/* While the list is shown, the page of the next run is rendered hidden, in idle time. */}
      <Activity key={usePageKey(runId)} mode={runId === undefined ? 'hidden' : 'visible'}>
        <RunPage />
      </Activity>
      <Dialogs />
    </TipProvider>
  )
}

/** The key of the run page: a new one for each run; the first run takes the prepared page. */
function usePageKey(runId: string | undefined): number {
  const [page, setPage] = useState({ runId, number: 0 })
  if (page.runId === runId) return page.number
  const number = page.runId === undefined ? page.number : page.number + 1
  setPage({ runId, number })
  return number
}

const RunsPage = later(async () => (await import('./runs/RunsPage.tsx')).RunsPage)
const HelpDialog = later(async () => (await import('./panels/Help.tsx')).HelpDialog)
const QualityDialog = later(async () => (await import('./quality/QualityDialog.tsx')).QualityDialog)

/** A component that is loaded when it is first shown, to keep the first load of the page small. */
function later(load: () => Promise<ComponentType>): ComponentType {
  return lazy(() =>
    load().then(
      (component) => ({ default: component }),
      // The server is gone: the page goes on without this component.
      () => ({ default: () => undefined }),
    ),
  )
}

function Dialogs() {
  const dialog = useAppState((state) => state.dialog)
  return <Suspense>{dialog !== undefined && DIALOGS[dialog]}</Suspense>
}

const DIALOGS = {
  help: <HelpDialog />,
  commands: <CommandDialog />,
  quality: <QualityDialog />,
}
