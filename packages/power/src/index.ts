/** The one door of the package: this machine's power as telemetry samples. Node only. */
export { type PowerListener, type PowerSample } from './meter.ts'
export { checkIntervalMs, DEFAULT_INTERVAL_MS } from './interval.ts'
export { type PowerOptions, type PowerSampling, samplePower } from './sampler.ts'
export { PowerTally, type SourceTally } from './tally.ts'
