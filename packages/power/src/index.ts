/** The exports of the package: power of this machine as telemetry samples. Node only. */
export { type PowerListener, type PowerSample } from './meter.ts'
export {
  checkIntervalMs,
  DEFAULT_INTERVAL_MS,
  type PowerOptions,
  type PowerSampling,
  samplePower,
} from './sampler.ts'
export { PowerTotals, type SourceTotals } from './power-totals.ts'
