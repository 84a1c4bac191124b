/** The dialog with all keyboard shortcuts, pointer actions and search terms. */
import { COMMANDS, type Section } from '../page/commands.ts'
import { useApp } from '../page/app.tsx'
import { Modal } from '../ui/Modal.tsx'
import { setDialog } from '../store/transitions.ts'

const SECTIONS: readonly Section[] = ['Move', 'Select', 'Play', 'Page']

const POINTER: readonly (readonly [string, string])[] = [
  ['Wheel', 'Scroll the rows'],
  ['Ctrl or ⌘ + wheel', 'Zoom at the pointer'],
  ['Drag', 'Select a time range'],
  ['Shift + drag', 'Pan'],
  ['Double-click', 'Zoom to a bar'],
]

export function HelpDialog() {
  const { store } = useApp()
  return (
    <Modal
      title="Keyboard shortcuts"
      className="help"
      onClose={() => store.update(setDialog, undefined)}
    >
      <div className="help-sections">
        {SECTIONS.map((section) => (
          <section key={section}>
            <h3>{section}</h3>
            <dl className="keys">
              {COMMANDS.filter((command) => command.section === section).map(({ title, keys }) => (
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
        ))}
        <section>
          <h3>Pointer</h3>
          <dl className="keys">
            {POINTER.map(([keys, title]) => (
              <div key={keys}>
                <dt>{title}</dt>
                <dd>
                  <kbd>{keys}</kbd>
                </dd>
              </div>
            ))}
          </dl>
        </section>
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
            <code>is:late</code>, <code>is:dropped</code>.
          </p>
        </section>
      </div>
    </Modal>
  )
}
