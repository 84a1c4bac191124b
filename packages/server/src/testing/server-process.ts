/** Runs a server in its own process, for tests that kill it. Arguments: folder, port. */
import { createServer } from '../server.ts'
import { FolderStore } from '../storage/folder/folder-store.ts'

const [dir = '', port = '0'] = process.argv.slice(2)
// Merge records often, so that kills also happen during a merge.
const store = await FolderStore.open({ dir, compactAboveRecords: 20 })
const server = await createServer({ store, port: Number(port) })
process.stdout.write(`${server.port}\n`)
