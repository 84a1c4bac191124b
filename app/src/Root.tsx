/** The page: one of two screens, the dialogs over it, and the place where files come in. */
import { Activity, useState } from 'react'
import { RunPage } from './RunPage.tsx'
import { CommandDialog } from './panels/Palette.tsx'
import { HelpDialog } from './panels/Help.tsx'
import { QualityDialog } from './quality/QualityDialog.tsx'
import { RunsPage } from './runs/RunsPage.tsx'
import { useAppState } from './page/app.tsx'
import { DropFiles } from './DropFiles.tsx'
import { TipProvider } from './ui/Tip.tsx'

export function Root() {
  const runId = useAppState((state) => state.runId)
  return (
    <TipProvider>
      <DropFiles />
      {runId === undefined && <RunsPage />}
      {/* While runs are chosen from, the next one's screen is made ready behind, whenever there is time. */}
      <Activity key={useScreen(runId)} mode={runId === undefined ? 'hidden' : 'visible'}>
        <RunPage />
      </Activity>
      <Dialogs />
    </TipProvider>
  )
}

/** Numbers the screens of runs: each run has a new one, and takes the one that was made ready. */
function useScreen(runId: string | undefined): number {
  const [screen, setScreen] = useState({ runId, number: 0 })
  if (screen.runId === runId) return screen.number
  const number = screen.runId === undefined ? screen.number : screen.number + 1
  setScreen({ runId, number })
  return number
}

function Dialogs() {
  const dialog = useAppState((state) => state.dialog)
  switch (dialog) {
    case 'help':
      return <HelpDialog />
    case 'commands':
      return <CommandDialog />
    case 'quality':
      return <QualityDialog />
    case undefined:
      return undefined
  }
}
