/** The command palette: searches all commands and runs by name. */
import { Command as Palette } from 'cmdk'
import { useEffect, useRef, useState } from 'react'
import { COMMANDS, MORE_COMMANDS, type Command } from '../page/commands.ts'
import { useApp, useAppState } from '../page/app.tsx'
import type { RunEntry } from '../model/run-info.ts'
import { enterRun } from '../store/run-transitions.ts'
import { listRuns } from '../page/server-api.ts'
import { Modal } from '../ui/Modal.tsx'
import { setFields } from '../store/transitions.ts'

const MOST_RUNS = 50

export function CommandDialog() {
  const app = useApp()
  const input = useRef<HTMLInputElement>(null)
  const isRunOpen = useAppState((state) => state.runId !== undefined)
  const runs = useRuns()
  const close = (): void => app.store.update(setFields, { dialog: undefined })
  const commands = [...COMMANDS, ...MORE_COMMANDS].filter(({ onRun }) => isRunOpen || !onRun)
  // Closes the dialog first: a command can open another dialog or move the focus.
  const run = (act: () => void): void => {
    close()
    setTimeout(act)
  }
  return (
    <Modal title="Commands" quietTitle className="palette" firstFocus={input} onClose={close}>
      <Palette label="Commands" loop>
        <Palette.Input placeholder="Search commands and runs" ref={input} />
        <Palette.List>
          <Palette.Empty>No matches</Palette.Empty>
          <Palette.Group heading="Commands">
            {commands
              .filter(({ title }) => title !== 'Commands')
              .map((command) => (
                <CommandItem
                  key={command.title}
                  command={command}
                  onRun={() => run(() => command.run(app))}
                />
              ))}
          </Palette.Group>
          {runs.length > 0 && (
            <Palette.Group heading="Runs">
              {runs.map(({ id, name, state }) => (
                <Palette.Item
                  key={id}
                  value={`${name} ${id}`}
                  onSelect={() => run(() => app.store.update(enterRun, id))}
                >
                  <span aria-hidden="true" className={`state-dot ${state}`} />
                  {name}
                </Palette.Item>
              ))}
            </Palette.Group>
          )}
        </Palette.List>
      </Palette>
    </Modal>
  )
}

function CommandItem({ command, onRun }: { command: Command; onRun: () => void }) {
  const key = command.keys[0]
  return (
    <Palette.Item value={command.title} onSelect={onRun}>
      {command.title}
      {key !== undefined && <kbd>{key}</kbd>}
    </Palette.Item>
  )
}

function useRuns(): readonly RunEntry[] {
  const { base, files } = useApp()
  const [runs, setRuns] = useState<readonly RunEntry[]>(() =>
    files.getState().map(({ entry }) => entry),
  )
  useEffect(() => {
    const abort = new AbortController()
    listRuns(base, abort.signal).then(
      (found) => setRuns((local) => [...local, ...found].slice(0, MOST_RUNS)),
      // Without a server the list contains only local files.
      () => undefined,
    )
    return () => abort.abort()
  }, [base])
  return runs
}
