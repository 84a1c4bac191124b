/**
 * The repository's own lint rules, loaded by oxlint (`jsPlugins` in .oxlintrc.json): what no
 * ready-made rule says. Each has a test that sees it fire (house-rules.test.ts), because a
 * plugin that fails to load would otherwise look like clean code.
 */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { importFault } from './arrows.mjs'

/** @typedef {Parameters<import('oxlint/plugins-dev').RuleTester['run']>[1]} Rule */
/** @typedef {{ readonly type: string, readonly value: string, readonly range: [number, number] }} StringLiteral */

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The only file that may name the animation frame: it hands it to the one clock of the app. */
const FRAME_FILE = 'app/src/main.tsx'

/**
 * `file` as the tables write it: from the repository root, forward slashes.
 *
 * @param {string} file
 */
function repoPath(file) {
  return path.relative(root, file).split(path.sep).join('/')
}

/** @type {Rule} Imports follow the arrows of the architecture, whatever form the import takes. */
const importArrows = {
  create(context) {
    const file = repoPath(context.filename)
    /** @param {StringLiteral | null} source */
    const check = (source) => {
      const fault = source === null ? undefined : importFault(file, source.value)
      if (source !== null && fault !== undefined) context.report({ node: source, message: fault })
    }
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      TSImportType: (node) => check(node.source),
      ImportExpression: ({ source }) => {
        if (source.type === 'Literal' && typeof source.value === 'string') check(source)
      },
    }
  },
}

/** @type {Rule} A package's door is a list of names: `export *` lets anything out unseen. */
const noExportStar = {
  create(context) {
    return {
      ExportAllDeclaration: (node) =>
        context.report({ node, message: 'list the names: `export *` is not used here' }),
    }
  },
}

/** @type {Rule} One animation-frame loop in the app; a second one would paint twice a frame. */
const oneFrameLoop = {
  create(context) {
    const file = repoPath(context.filename)
    if (!file.startsWith('app/src/') || file === FRAME_FILE || file.includes('.test.')) return {}
    return {
      Identifier(node) {
        if (node.name !== 'requestAnimationFrame') return
        context.report({
          node,
          message: `only ${FRAME_FILE} names it; take part in store/frame.ts`,
        })
      },
    }
  },
}

// oxlint loads a plugin by its default export, so this file is one of the few that has one.
export default {
  meta: { name: 'wattline' },
  rules: {
    'import-arrows': importArrows,
    'no-export-star': noExportStar,
    'one-frame-loop': oneFrameLoop,
  },
}
