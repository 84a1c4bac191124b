/**
 * A private entry for the `wattline` command, which inlines it when it is built. It is not part of
 * the published package.
 */
export type { ChannelClose } from './sinks/channel/channel.ts'
export { connectNode } from './sinks/channel/node-channel.ts'
export { SocketSink } from './sinks/socket-sink.ts'
