/** Whether a power source can serve a span, by the place where it ran. Unknown places match all. */
import type { Place } from '../row/place.ts'
import type { PowerSource } from '../telemetry/power-source.ts'

/** False for a span on another host or device, and for a span in a cloud, which no meter measures. */
export function serves(
  source: Pick<PowerSource, 'host' | 'device'>,
  place: Place,
  textOf: (id: number) => string,
): boolean {
  const [host, device, isCloud] = place
  if (isCloud !== 0 && textOf(isCloud) === 'true') return false
  return (
    isSameHost(source.host, host === 0 ? undefined : textOf(host)) &&
    isSameDevice(source.device, device === 0 ? undefined : textOf(device))
  )
}

function isSameHost(ofSource: string | undefined, ofSpan: string | undefined): boolean {
  if (ofSource === undefined || ofSpan === undefined) return true
  return ofSource.toLowerCase() === ofSpan.toLowerCase()
}

function isSameDevice(ofSource: string | undefined, ofSpan: string | undefined): boolean {
  if (ofSource === undefined || ofSpan === undefined) return true
  const [measured, used] = [deviceName(ofSource), deviceName(ofSpan)]
  // A bare "gpu" means any GPU.
  return measured === used || (used === 'gpu' && /^gpu\d+$/.test(measured))
}

/** `cuda:0`, `GPU 0` and `0` are `gpu0`. */
function deviceName(text: string): string {
  const name = text.toLowerCase()
  const match = /^(?:cuda|gpu|)[\s:_-]*(\d*)$/.exec(name)
  return match === null ? name : `gpu${match[1] ?? ''}`
}
