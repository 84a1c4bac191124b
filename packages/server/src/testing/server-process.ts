/** A server as a process of its own, for tests that kill it. Arguments: folder, port. */
import { createServer } from '../server.ts'
import { FolderStore } from '../storage/folder/folder-store.ts'

const [dir = '', port = '0'] = process.argv.slice(2)
// Records are merged all the time, so that it is killed in the middle of that too.
const store = await FolderStore.open({ dir, compactAboveRecords: 20 })
const server = await createServer({ store, port: Number(port) })
process.stdout.write(`${server.port}\n`)
