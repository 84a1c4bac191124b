/** Loaded into a server with `--import`: SIGUSR2 sets its wall clock one hour ahead, or back again. */
const wallMs = Date.now
const HOUR_MS = 3_600_000
let aheadMs = 0
Date.now = () => wallMs() + aheadMs
process.on('SIGUSR2', () => {
  aheadMs = aheadMs === 0 ? HOUR_MS : 0
})
