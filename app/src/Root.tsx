/** The page: one of two screens, the dialogs over it, and the place where files come in. */
import { RunPage } from './RunPage.tsx'
import { CommandDialog } from './panels/Palette.tsx'
import { HelpDialog } from './panels/Help.tsx'
import { QualityDialog } from './quality/QualityDialog.tsx'
import { RunsPage } from './runs/RunsPage.tsx'
import { useFacts } from './store/app.tsx'
import { DropFiles } from './DropFiles.tsx'
import { TipProvider } from './ui/Tip.tsx'

export function Root() {
  const runId = useFacts((state) => state.runId)
  return (
    <TipProvider>
      <DropFiles />
      {runId === undefined ? <RunsPage /> : <RunPage key={runId} />}
      <Dialogs />
    </TipProvider>
  )
}

function Dialogs() {
  const dialog = useFacts((state) => state.dialog)
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
