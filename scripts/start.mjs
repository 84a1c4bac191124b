/**
 * `npm start [-- FLAGS]`: installs, builds and serves the dashboard with sample runs and a live
 * demo. FLAGS are those of `wattline serve`, such as `--port N --no-open`.
 */
import { ensureBuilt } from './lib/bootstrap.mjs'
import { becomeWattline, runScript } from './lib/command.mjs'
import { requireNode } from './lib/node-version.mjs'

requireNode()
await runScript(ensureBuilt)
await becomeWattline(['serve', '--demo', ...process.argv.slice(2)])
