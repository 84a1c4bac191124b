/** `npm run build`: the packages and the dashboard, always, whatever the last build was made from. */
import { build, ensureInstalled } from './lib/bootstrap.mjs'
import { runScript } from './lib/command.mjs'
import { requireNode } from './lib/node-version.mjs'

requireNode()
await runScript(async () => {
  await ensureInstalled()
  await build()
})
