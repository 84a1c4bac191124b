/** Installs the peers at pinned versions. They are not dependencies of the workspace. */
import { installOnDemand } from '../../scripts/lib/on-demand.mjs'

/** Licenses: MIT, Apache-2.0 or MIT, MIT. */
const VERSIONS = { speedscope: '1.25.0', 'vis-timeline': '8.5.4', 'flame-chart-js': '3.3.0' }

/** Returns the folder that contains their packages. */
export const installPeers = (): string => installOnDemand(VERSIONS)
