/** A page for component tests: the real store, columns and session in one thread, without a worker. */
import { File } from 'node:buffer'
import { render, type RenderResult } from '@testing-library/react'
import { createRef, type ReactNode } from 'react'
import { ColumnStore } from '../model/columns.ts'
import { AppProvider, type App } from '../page/app.tsx'
import type { AppState } from '../store/app-state.ts'
import type { RequestType } from '../model/answers.ts'
import type { FromWorker, RequestMessage, ToWorker } from '../worker/protocol.ts'
import { control, createReporter } from '../page/controller.ts'
import { createFrames, type FrameListener } from '../base/frame.ts'
import { createLocalFiles } from '../store/local-files.ts'
import { createAppStore } from '../store/store.ts'
import { TipProvider } from '../ui/Tip.tsx'
import { createIngest, type Report, type WorkerPort } from '../page/ingest-client.ts'
import { Session } from '../worker/session.ts'

export interface TestApp {
  readonly app: App
  /** Draws the requested frame; returns false if there is none. */
  readonly frame: (nowMs: number) => boolean
  /** Passes a message to the page like its worker. */
  readonly report: (message: Report) => void
  /** Messages to the worker, except for requests. */
  readonly sent: ToWorker[]
  show(children: ReactNode): RenderResult
}

/** An address without a server. */
const NOWHERE = 'http://127.0.0.1:9/'

/** An app that has read the whole of `log`. */
export async function openApp(
  log: string,
  initial: Partial<AppState> = {},
  base = NOWHERE,
): Promise<TestApp> {
  const { session, start } = testApp(initial, base)
  const reading = session.readFile(new File([log], 'test.jsonl') as unknown as globalThis.File)
  session.patches.painted()
  await reading
  return start()
}

/** An app that follows a run of the server at `base` until `closeSession`. */
export function watchApp(runId: string, base: string): TestApp & { closeSession(): void } {
  const { session, start } = testApp({ runId }, base)
  session.watch(runId, base)
  return { ...start(), closeSession: () => session.close() }
}

/** The parts of a page. After `start`, the page acts on changes of its state. */
function testApp(
  initial: Partial<AppState>,
  base: string,
): { session: Session; start: () => TestApp } {
  let drawn: FrameListener | undefined
  const parts = {
    store: createAppStore({ runId: 'test', ...initial }),
    columns: new ColumnStore(),
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

/** A worker whose session runs in the same thread. */
function inlineWorker(sent: ToWorker[], groupBy: string): { port: WorkerPort; session: Session } {
  const post = (data: FromWorker): void => port.onmessage?.({ data } as MessageEvent<FromWorker>)
  const session = new Session(post, groupBy)
  const port: WorkerPort = {
    onmessage: null,
    onerror: null,
    postMessage(message) {
      if (message.type === 'applied') return session.patches.applied()
      if (message.type === 'painted') return session.patches.painted()
      if (message.type === 'request') return request(message)
      if (message.type === 'regroup') void session.regroup(message.groupBy)
      else if (message.type !== 'retry') post({ type: 'runChanged' })
      sent.push(message)
    },
  }
  const request = <T extends RequestType>({ id, request: type, params }: RequestMessage<T>): void =>
    void session.answer(type, params).then(
      (answer) => post({ type: 'answer', id, answer }),
      (error: Error) => post({ type: 'requestFailed', id, reason: error.message }),
    )
  return { port, session }
}

function fail(reason: string): never {
  throw new Error(reason)
}
