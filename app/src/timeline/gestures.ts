/**
 * Pointer and wheel input of the canvas. A mouse drags a range, pans with Shift or the middle button
 * and selects with a click; one finger pans, two fingers zoom. The listeners are native, because
 * React's wheel listeners are passive and cannot prevent the page from zooming.
 */
import type { TimelineEngine } from './engine.ts'

/** Shorter drags are clicks. */
const MOUSE_SLACK_PX = 3
const TOUCH_SLACK_PX = 8
/** Limits the zoom per event: a notch of a mouse wheel is about 100, a pinch sends small values. */
const WHEEL_LIMIT_PX = 60
const ZOOM_PER_PX = 0.006
const LINE_PX = 16

/** A point of the canvas, CSS px. */
export interface Point {
  readonly xPx: number
  readonly yPx: number
}

type Drag =
  | { readonly type: 'pan'; lastX: number; lastY: number }
  | { readonly type: 'range'; readonly fromX: number; readonly fromS: number; moved: boolean }
  | { readonly type: 'touch'; readonly fromX: number; lastX: number; moved: boolean }

/**
 * @param onHover the pointer rests at a point of the canvas; undefined: it drags, or is elsewhere
 * @param wheelArea the element whose wheel events zoom and pan: canvas, axis and groups
 * @returns a function that detaches the listeners
 */
export function attachGestures(
  canvas: HTMLElement,
  wheelArea: HTMLElement,
  engine: TimelineEngine,
  onHover: (point: Point | undefined) => void,
): () => void {
  const touches = new Map<number, Point>()
  let drag: Drag | undefined
  let pinchPx = 0

  const pointOf = (event: MouseEvent): Point => {
    const box = canvas.getBoundingClientRect()
    return { xPx: event.clientX - box.left, yPx: event.clientY - box.top }
  }

  const onWheel = (event: WheelEvent): void => {
    const unitPx = event.deltaMode === 1 ? LINE_PX : event.deltaMode === 2 ? engine.heightPx : 1
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      const byPx = Math.min(Math.max(event.deltaY * unitPx, -WHEEL_LIMIT_PX), WHEEL_LIMIT_PX)
      const xPx = Math.min(Math.max(pointOf(event).xPx, 0), engine.widthPx)
      engine.zoomAt(Math.exp(-byPx * ZOOM_PER_PX), xPx)
      return
    }
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX
    // A trackpad drifts sideways while scrolling down: the larger direction counts.
    if (!event.shiftKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return
    event.preventDefault()
    engine.panByPx(sideways * unitPx)
  }

  const onDown = (event: PointerEvent): void => {
    onHover(undefined)
    const { xPx, yPx } = pointOf(event)
    if (event.pointerType === 'touch') {
      touches.set(event.pointerId, { xPx, yPx })
      pinchPx = spreadOf(touches)
      drag = touches.size > 1 ? undefined : { type: 'touch', fromX: xPx, lastX: xPx, moved: false }
      return
    }
    if (event.button > 1) return
    canvas.setPointerCapture(event.pointerId)
    if (event.button === 1 || event.shiftKey) {
      event.preventDefault()
      drag = { type: 'pan', lastX: xPx, lastY: yPx }
    } else {
      drag = { type: 'range', fromX: xPx, fromS: engine.timeAt(xPx), moved: false }
    }
  }

  const onMove = (event: PointerEvent): void => {
    const point = pointOf(event)
    // Ctrl+click on macOS, and a menu that takes the pointer, have no `pointerup`.
    if (event.buttons === 0) drag = undefined
    if (event.pointerType !== 'touch') engine.cursorPx = point.xPx
    if (event.pointerType === 'touch' && touches.size > 1) {
      pinch(event.pointerId, point)
    } else if (drag === undefined) {
      if (event.pointerType !== 'touch') onHover(point)
    } else {
      continueDrag(drag, point)
    }
  }

  const continueDrag = (now: Drag, { xPx, yPx }: Point): void => {
    if (now.type === 'pan') {
      engine.panByPx(now.lastX - xPx)
      if (yPx !== now.lastY) engine.scrollTo(engine.scrollTopPx + now.lastY - yPx)
      now.lastX = xPx
      now.lastY = yPx
      return
    }
    const slackPx = now.type === 'touch' ? TOUCH_SLACK_PX : MOUSE_SLACK_PX
    if (!now.moved && Math.abs(xPx - now.fromX) < slackPx) return
    now.moved = true
    if (now.type === 'touch') {
      engine.panByPx(now.lastX - xPx)
      now.lastX = xPx
      return
    }
    const inside = Math.min(Math.max(xPx, 0), engine.widthPx)
    const toS = engine.timeAt(inside)
    engine.dispatch.setRange({ startS: Math.min(now.fromS, toS), endS: Math.max(now.fromS, toS) })
  }

  const pinch = (pointer: number, point: Point): void => {
    const before = middleOf(touches)
    touches.set(pointer, point)
    const after = middleOf(touches)
    const spreadPx = spreadOf(touches)
    engine.panByPx(before - after)
    if (pinchPx > 0 && spreadPx > 0) engine.zoomAt(spreadPx / pinchPx, after)
    pinchPx = spreadPx
  }

  const onUp = (event: PointerEvent): void => {
    const ended = drag
    drag = undefined
    touches.delete(event.pointerId)
    if (ended === undefined || ended.type === 'pan' || ended.moved) return
    const { xPx, yPx } = pointOf(event)
    const hit = engine.hitTest(xPx, yPx)
    engine.dispatch.select(hit)
    if (hit === undefined) engine.dispatch.setRange(undefined)
  }

  const onCancel = (event: PointerEvent): void => {
    drag = undefined
    touches.delete(event.pointerId)
  }

  const onLeave = (): void => {
    engine.cursorPx = undefined
    if (drag === undefined) onHover(undefined)
  }

  const onDoubleClick = (event: MouseEvent): void => {
    const { xPx, yPx } = pointOf(event)
    const hit = engine.hitTest(xPx, yPx)
    if (hit?.type === 'span') engine.fitSpan(hit.slot)
  }

  const attached = new AbortController()
  const { signal } = attached
  wheelArea.addEventListener('wheel', onWheel, { passive: false, signal })
  canvas.addEventListener('pointerdown', onDown, { signal })
  canvas.addEventListener('pointermove', onMove, { signal })
  canvas.addEventListener('pointerup', onUp, { signal })
  canvas.addEventListener('pointercancel', onCancel, { signal })
  canvas.addEventListener('pointerleave', onLeave, { signal })
  canvas.addEventListener('dblclick', onDoubleClick, { signal })
  return () => attached.abort()
}

function spreadOf(touches: ReadonlyMap<number, Point>): number {
  const [a, b] = [...touches.values()]
  return a === undefined || b === undefined ? 0 : Math.hypot(a.xPx - b.xPx, a.yPx - b.yPx)
}

function middleOf(touches: ReadonlyMap<number, Point>): number {
  const points = [...touches.values()]
  return points.reduce((sum, { xPx }) => sum + xPx, 0) / Math.max(points.length, 1)
}
