// The house rules that a machine can hold: floors, and one owner for each thing of the outside world.
// A file imports from floors below and from its own folder, nothing else.
const floors = [
  ['core'],
  ['time', 'framing', 'faults'],
  ['dialects'],
  ['scenario', 'recording'],
  ['sources'],
  ['server'],
  ['testing', 'console', 'sweep'],
  ['torture', 'workers'],
  ['cli'],
]

const floorRules = floors.flatMap((folders, floor) =>
  folders.map((folder) => {
    const below = floors.slice(0, floor).flat()
    const allowed = [folder, ...below].join('|')
    return {
      name: `floor-${folder}`,
      severity: 'error',
      comment: `src/${folder} stands on floor ${floor} and may import only from below or itself`,
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${allowed})/` },
    }
  }),
)

const owner = (name, modules, homes) => ({
  name: `owner-${name}`,
  severity: 'error',
  comment: `${name} belongs to ${homes.join(', ')}`,
  from: { path: '^src/', pathNot: `^src/(${homes.join('|')})` },
  to: { path: modules },
})

module.exports = {
  forbidden: [
    ...floorRules,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    owner('koa', 'node_modules/(koa|@koa/router)/', ['server/']),
    owner('sockets', '^(node:)?(http|net|tls|http2)$', [
      ...['server/', 'sources/upstream', 'workers/spawn'],
    ]),
    owner('yaml', 'node_modules/yaml/', [
      'scenario/load',
      'recording/import/',
      'recording/export/',
    ]),
    owner('seedrandom', 'node_modules/(seedrandom|d3-random)/', ['time/']),
    owner('files', '^(node:)?fs(/promises)?$', [
      'scenario/load',
      'recording/store',
      // What the kernel tells of a connection, which stands in a file of its own.
      'server/wire/unacknowledged',
      // And of how many files may be open.
      'server/limits/file-limit',
      'cli/',
    ]),
    owner('process', '^(node:)?process$', ['cli/', 'torture/spawn', 'workers/spawn']),
    owner('child-processes', '^(node:)?child_process$', ['torture/spawn']),
    owner('cluster', '^(node:)?cluster$', ['workers/spawn']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
