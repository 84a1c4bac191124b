/** A page for component tests: the real store, columns and session, without a worker between them. */
import { File } from 'node:buffer'
import { render, type RenderResult } from '@testing-library/react'
import { createRef, type ReactNode } from 'react'
import { Columns } from '../model/columns.ts'
import { AppProvider, type App } from '../page/app.tsx'
import type { AppState } from '../store/app-state.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'
import { control, createReporter } from '../page/controller.ts'
import { createFrames, type FrameListener } from '../base/frame.ts'
import { createLocalFiles } from '../store/local-files.ts'
import { createAppStore } from '../store/store.ts'
import { TipProvider } from '../ui/Tip.tsx'
import { createIngest, type Report, type WorkerPort } from '../page/ingest-client.ts'
import { Session } from '../worker/session.ts'

export interface TestApp {
  readonly app: App
  /** Draws the frame that was asked for; false when there was none. */
  readonly frame: (nowMs: number) => boolean
  /** Says something to the page as its worker would. */
  readonly report: (message: Report) => void
  /** What was sent to the worker and is no question. */
  readonly sent: ToWorker[]
  show(children: ReactNode): RenderResult
}

/** Where nobody listens. */
const NOWHERE = 'http://127.0.0.1:9/'

/** An app that has read `log` to its end; `base` is its server, if it needs one. */
export async function openApp(
  log: string,
  initial: Partial<AppState> = {},
  base = NOWHERE,
): Promise<TestApp> {
  const { session, start } = testApp(initial, base)
  const reading = session.readFile(new File([log], 'test.jsonl') as unknown as globalThis.File)
  session.painted()
  await reading
  return start()
}

/** An app that watches a run of the server at `base`; `closeSession` leaves it. */
export function watchApp(runId: string, base: string): TestApp & { closeSession(): void } {
  const { session, start } = testApp({ runId }, base)
  session.watch(runId, base)
  return { ...start(), closeSession: () => session.close() }
}

/** The parts of a page; once `start`ed, it acts on what changes. */
function testApp(
  initial: Partial<AppState>,
  base: string,
): { session: Session; start: () => TestApp } {
  let drawn: FrameListener | undefined
  const parts = {
    store: createAppStore({ runId: 'test', ...initial }),
    columns: new Columns(),
    frames: createFrames((draw) => (drawn = draw)),
    files: createLocalFiles(),
    base,
  }
  const sent: ToWorker[] = []
  const { port, session } = inlineWorker(sent, parts.store.getState().groupBy)
  const report = createReporter(parts)
  const ingest = createIngest(port, report, fail, (then) => then())
  const app: App = {
    ...parts,
    ingest,
    timeline: { current: undefined },
    searchField: createRef(),
    fileInput: createRef(),
  }
  const page: TestApp = {
    app,
    report,
    sent,
    frame(nowMs) {
      const draw = drawn
      drawn = undefined
      draw?.(nowMs)
      return draw !== undefined
    },
    show: (children) =>
      render(
        <AppProvider app={app}>
          <TipProvider>{children}</TipProvider>
        </AppProvider>,
      ),
  }
  const start = (): TestApp => {
    control(parts, ingest)
    return page
  }
  return { session, start }
}

/** A session behind the worker's messages, in the same thread. */
function inlineWorker(sent: ToWorker[], groupBy: string): { port: WorkerPort; session: Session } {
  const answer = (data: FromWorker): void => port.onmessage?.({ data } as MessageEvent<FromWorker>)
  const session = new Session(answer, groupBy)
  const port: WorkerPort = {
    onmessage: null,
    onerror: null,
    postMessage(message) {
      if (message.type === 'taken') return session.taken()
      if (message.type === 'painted') return session.painted()
      if (message.type === 'regroup') void session.regroup(message.groupBy)
      if (message.type !== 'ask') {
        sent.push(message)
        if (message.type !== 'regroup' && message.type !== 'retry') answer({ type: 'begun' })
        return
      }
      session.answer(message.what, message.ask).then(
        (value) => answer({ type: 'answer', id: message.id, answer: value }),
        (error: Error) => answer({ type: 'refused', id: message.id, reason: error.message }),
      )
    },
  }
  return { port, session }
}

function fail(reason: string): never {
  throw new Error(reason)
}
