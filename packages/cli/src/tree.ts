import { escapeName } from './escape.ts'

/** A document, or a directory (its name ends in `/`) with what lies in it. */
export interface TreeNode {
  readonly name: string
  readonly children?: readonly TreeNode[]
}

/** The tree that document paths below `directory` make up; names in each directory are sorted by code unit. */
export function treeOf(directory: string, paths: readonly string[]): TreeNode {
  const groups = new Map<string, string[]>()
  const documents: string[] = []
  for (const path of paths) {
    const rest = path.slice(directory.length)
    const slash = rest.indexOf('/')
    if (slash === -1) documents.push(rest)
    else groupOf(groups, rest.slice(0, slash + 1)).push(path)
  }
  const children = [
    ...documents.map((name): TreeNode => ({ name })),
    ...[...groups].map(([name, below]) => ({ ...treeOf(directory + name, below), name })),
  ]
  return { name: directory, children: children.sort((one, other) => (one.name < other.name ? -1 : 1)) }
}

function groupOf(groups: Map<string, string[]>, name: string): string[] {
  const known = groups.get(name)
  if (known !== undefined) return known
  const group: string[] = []
  groups.set(name, group)
  return group
}

/** A tree as lines of text. */
export function drawTree(root: TreeNode): string {
  const lines = [escapeName(root.name)]
  drawChildren(root, '', lines)
  return `${lines.join('\n')}\n`
}

function drawChildren({ children = [] }: TreeNode, indent: string, lines: string[]): void {
  for (const [index, child] of children.entries()) {
    const isLast = index === children.length - 1
    lines.push(`${indent}${isLast ? '└── ' : '├── '}${escapeName(child.name)}`)
    drawChildren(child, `${indent}${isLast ? '    ' : '│   '}`, lines)
  }
}
