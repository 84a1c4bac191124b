/** The dialog with all keyboard shortcuts, pointer actions and search terms. */
import { COMMANDS, type Command, type Section } from '../page/commands.ts'
import { useApp } from '../page/app.tsx'
import { Modal } from '../ui/Modal.tsx'
import { setFields } from '../store/transitions.ts'

const SECTIONS: readonly Section[] = ['Move', 'Select', 'Play', 'Page']

const POINTER: readonly Pick<Command, 'title' | 'keys'>[] = [
  { title: 'Scroll the rows', keys: ['Wheel'] },
  { title: 'Zoom at the pointer', keys: ['Ctrl or ⌘ + wheel'] },
  { title: 'Select a time range', keys: ['Drag'] },
  { title: 'Pan', keys: ['Shift + drag'] },
  { title: 'Zoom to a bar', keys: ['Double-click'] },
]

export function HelpDialog() {
  const { store } = useApp()
  return (
    <Modal
      title="Keyboard shortcuts"
      className="help"
      onClose={() => store.update(setFields, { dialog: undefined })}
    >
      <div className="help-sections">
        {SECTIONS.map((section) => (
          <Keys
            key={section}
            title={section}
            entries={COMMANDS.filter((command) => command.section === section)}
          />
        ))}
        <Keys title="Pointer" entries={POINTER} />
        <section>
          <h3>Search</h3>
          <p className="muted">
            Search names, kinds, agents, errors or a full id. <code>agent:planner</code>,{' '}
            <code>kind:tool</code>, <code>writer:worker-1</code>, <code>is:error</code>,{' '}
            <code>is:open</code>, <code>"two words"</code>.
          </p>
          <p className="muted">
            Uncertain or incomplete data: <code>is:ambiguous</code>, <code>is:orphan</code>,{' '}
            <code>is:unfinished</code>, <code>is:parent?</code>, <code>is:clock</code>,{' '}
            <code>is:parent-missing</code>, <code>is:outlier</code>, <code>is:late</code>,{' '}
            <code>is:dropped</code>. Calls that were stopped: <code>is:cancelled</code>.
          </p>
        </section>
      </div>
    </Modal>
  )
}

function Keys({ title: heading, entries }: { title: string; entries: typeof POINTER }) {
  return (
    <section>
      <h3>{heading}</h3>
      <dl className="keys">
        {entries.map(({ title, keys }) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
