/** Writes docs/scenario-reference.md from the schema, so that the two cannot differ. */
import { faultKinds } from '../../src/faults/registry.ts'
import { fakeNames } from '../../src/scenario/fake.ts'
import { scenarioJsonSchema } from '../../src/scenario/json-schema.ts'
import { rootNames } from '../../src/scenario/template-engine.ts'
import { profiles } from '../../src/time/profiles.ts'

interface Node {
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

const schema: Node = scenarioJsonSchema()

function definition(name: string): Node {
  const all = schema['definitions']
  const found = isNode(all) ? all[name] : undefined
  return isNode(found) ? found : {}
}

const list = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : [])

/** The mapping form of a schema that has others as well. */
function mappingOf(node: Node): Node {
  if (isNode(node['properties'])) return node
  return list(node['anyOf']).find((branch) => isNode(branch['properties'])) ?? {}
}

function referred(node: Node): string | undefined {
  const [only] = list(node['allOf'])
  const ref = node['$ref'] ?? only?.['$ref']
  return typeof ref === 'string' ? ref.replace('#/definitions/', '') : undefined
}

function typeOf(node: Node): string {
  const name = referred(node)
  // Definitions that only keep the schema short have no section, and mean nothing by their names.
  if (name && /^item\d*$/.test(name)) return itemWords(definition(name))
  if (name) return `[${name}](#${sectionOf[name] ?? name})`
  if (Array.isArray(node['enum'])) return node['enum'].map(code).join(', ')
  if ('const' in node) return code(node['const'])
  const branches = list(node['anyOf'])
  if (branches.some(isDuration)) return 'duration'
  if (branches.length > 0) return [...new Set(branches.map(typeOf))].join(' or ')
  if (node['type'] === 'array') {
    const items = node['items']
    return `list of ${isNode(items) ? typeOf(items) : 'any'}`
  }
  const keys = isNode(node['properties']) ? Object.keys(node['properties']) : []
  if (keys.length > 0 && keys.length < 8) return code(`{ ${keys.join(', ')} }`)
  return [node['type'] ?? 'any'].flat().map(wordFor).join(' or ')
}

const itemWords = (node: Node): string =>
  String(node['description']).startsWith('A fault') ? '[fault](#faults)' : typeOf(node)

const sectionOf: Readonly<Record<string, string>> = { dialect: 'dialects' }

const isDuration = ({ pattern }: Node): boolean => String(pattern).includes('(ms|s|m|h)')

const wordFor = (type: unknown): string => wordByType[String(type)] ?? String(type)

const wordByType: Readonly<Record<string, string>> = {
  object: 'mapping',
  string: 'text',
  boolean: 'true or false',
  integer: 'whole number',
  null: 'nothing',
}

const code = (value: unknown): string => `\`${String(value)}\``

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function describe(node: Node): string {
  const own = node['description']
  if (typeof own === 'string') return own
  const name = referred(node)
  const there = name ? definition(name)['description'] : undefined
  return typeof there === 'string' ? there : ''
}

function table(node: Node): string {
  const mapping = mappingOf(node)
  const keys = isNode(mapping['properties']) ? mapping['properties'] : {}
  const required = Array.isArray(mapping['required']) ? mapping['required'] : []
  const rows = Object.entries(keys).flatMap(([key, value]) => {
    if (!isNode(value)) return []
    const must = required.includes(key) ? ', required' : ''
    return [`| \`${key}\` | ${cell(typeOf(value))}${must} | ${cell(describe(value))} |`]
  })
  return ['| key | value | meaning |', '|---|---|---|', ...rows].join('\n')
}

const example = (yaml: string): string => `\`\`\`yaml\n${yaml.trim()}\n\`\`\``

const examples = {
  scenario: `
name: support-desk
seed: 7
pacing: { ttft: 300ms, itl: { lognormal: { median: 18ms, sigma: 0.4 } } }
models: [gpt-4o, gpt-4o-mini]
auth: { keys: [secret, { key: limited, models: [gpt-4o-mini] }] }
rules:
  - reply: Hello! How can I help?
`,
  rule: `
rules:
  - name: busy at first
    times: 2
    reply: { error: { code: rate-limited, retryAfter: 7s } }
  - name: asks back
    state: { from: start, to: asked }
    reply: Which city?
  - name: answers
    state: { from: asked, to: start }
    reply: It will rain.
`,
  when: `
rules:
  - when:
      dialect: openai-chat
      user: { matches: 'weather in (?<city>\\w+)', ignoreCase: true }
      model: { glob: 'gpt-*' }
      header: { x-tenant: acme }
      body: { '$.metadata.role_id': { exists: true } }
      turn: { max: 3 }
    reply: 'Looking at the sky over {{ match.city }}...'
`,
  limit: `
limits:
  - 60rpm
  - { name: tier 1, inputTokens: 40000, as: bucket, by: [key], models: [gpt-4o] }
  - { concurrent: 4, queue: { length: 10, wait: 5s } }
rules:
  - reply: Hello!
`,
  matcher: `
rules:
  - when: { user: hello }
    reply: equal
  - when: { user: [hi, hey] }
    reply: one of these
  - when: { user: { contains: help, not: { contains: thanks } } }
    reply: both hold
`,
  reply: `
rules:
  - when: { user: plain }
    reply: Just a text.
  - when: { user: tool }
    reply: { text: One moment., tool: { name: get_weather, arguments: { city: Oslo } }, finish: tool-calls }
  - when: { user: two }
    reply: { choices: [{ text: This one. }, { text: Or that. }] }
  - when: { path: /health }
    reply: { status: 200, body: { ok: true } }
  - when: { user: live }
    reply: { upstream: true, tape: tapes }
  - when: { user: known }
    reply: { replay: tapes, missing: tape }
  - reply: { error: overloaded }
`,
  step: `
rules:
  - reply:
      - wait: 400ms
      - reasoning: They ask for the weather.
      - text: [It, ' will', ' rain']
      - comment: keep-alive
      - raw: "data: {not json}\\n\\n"
      - error: { code: overloaded, message: Try again later. }
      - reset: { after: 20ms }
`,
  error: `
rules:
  - reply:
      error: { code: rate-limited, retryAfter: 7s, headers: { x-request-id: r1 } }
`,
  upstream: `
upstreams:
  - { name: claude, url: 'https://api.anthropic.com', dialect: anthropic, headTimeout: 30s }
  - { url: 'http://localhost:11434', path: /local }
rules:
  - when: { user: { contains: careful } }
    reply: { upstream: claude }
  - reply: { upstream: true }
`,
  pacing: `
pacing: gpt-4o
rules:
  - when: { user: slow }
    pacing: { ttft: 4s }
    reply: The first word comes late, the rest as in gpt-4o.
  - reply: Hello.
`,
  delay: `
pacing:
  head: 100ms
  ttft: { uniform: { min: 200ms, max: 600ms } }
  itl: { empirical: [5ms, 20ms, 20ms, 150ms], max: 1s }
  burst: { size: 3 }
rules: [{ reply: Hello. }]
`,
  faults: `
rules:
  - reply: This stream is cut after four frames, one time in four.
    faults:
      - reset: { at: { frame: 4 } }
        probability: 0.25
`,
  templates: `
rules:
  - when: { user: { matches: 'I am (?<name>\\w+)' } }
    reply: 'Hello {{ match.name }}, {{ fake.name }} of {{ fake.city }} will write to {{ fake.email }}.'
`,
  dialects: `
dialects:
  - name: tiny
    routes: [{ path: /tiny }]
    request: { body: { prompt: { type: string, required: true, is: prompt } } }
    stream: { frames: { text: { data: { t: '{{ text }}' } } } }
rules:
  - when: { dialect: tiny }
    reply: Hello.
`,
}

const section = (name: string, node: Node, yaml: string): string =>
  [`## ${name}`, describe(node), table(node), example(yaml)].join('\n\n')

const faults = (): string =>
  [
    '## faults',
    'A list beside `reply`; each fault acts on what the one before it left of the stream. `probability`, from 0 to 1, stands beside the name of a fault.',
    [
      '| fault | what it does |',
      '|---|---|',
      ...faultKinds.map(({ name, summary }) => `| \`${name}\` | ${cell(summary)} |`),
    ].join('\n'),
    'Where it acts:',
    places(),
    example(examples.faults),
  ].join('\n\n')

function places(): string {
  const rows = list(definition('place')['anyOf']).map((branch) => {
    const keys = isNode(branch['properties']) ? Object.entries(branch['properties']) : []
    const [first] = keys
    if (!first) return `| ${code(branch['const'])} | ${cell(describe(branch))} |`
    const [name, node] = first
    return `| \`{ ${name}: ... }\` | ${cell(isNode(node) ? describe(node) : '')} |`
  })
  return ['| `at` | where |', '|---|---|', ...rows].join('\n')
}

const pacingProfiles = (): string =>
  [
    '### pacing profiles',
    'Dated presets, not truth: public sources of one model disagree by two to four times.',
    [
      '| profile | what it is like | measured | assumed |',
      '|---|---|---|---|',
      ...Object.entries(profiles).map(
        ([name, { summary, source, assumed }]) =>
          `| \`${name}\` | ${cell(summary)} | ${cell(source)} | ${cell(assumed)} |`,
      ),
    ].join('\n'),
  ].join('\n\n')

const templates = (): string =>
  [
    '## templates',
    'Every text of a reply may hold [Liquid](https://liquidjs.com) templates. Filters and tags are those of Liquid, but for the ones that read files, the time or unseeded chance. A list or mapping is written as JSON.',
    `Variables: ${rootNames.map(code).join(', ')}. \`request\` has \`method\`, \`path\`, \`url\`, \`query\`, \`params\`, \`headers\` (names in lower case) and \`body\`; \`match\` has the groups of the regular expressions in \`when\`, by name and by number.`,
    `Invented data, the same for the same seed: ${fakeNames.map((name) => code(`fake.${name}`)).join(', ')}.`,
    example(examples.templates),
  ].join('\n\n')

const dialects = (): string =>
  [
    '## dialects',
    'A list of names of dialects, which are then preferred on their paths; of paths to YAML files that describe one; or of descriptions, with `extends` for one that differs little from another. See [adding a dialect](adding-a-dialect.md).',
    example(examples.dialects),
  ].join('\n\n')

export const reference = (): string =>
  `${[
    '# Scenario reference',
    'Made from the schema by `UPDATE=1 npx vitest run test/scenario/reference.test.ts`; do not edit. A first line `# yaml-language-server: $schema=../schema/scenario.json` gives completion in editors. Durations are `250ms`, `1.5s`, `2m`; a bare number is milliseconds.',
    section('scenario', schema, examples.scenario),
    section('rule', definition('rule'), examples.rule),
    section('when', definition('when'), examples.when),
    section('matcher', definition('matcher'), examples.matcher),
    section('reply', definition('reply'), examples.reply),
    section('step', definition('step'), examples.step),
    section('error', definition('error'), examples.error),
    section('limit', definition('limit'), examples.limit),
    section('upstream', definition('upstream'), examples.upstream),
    section('pacing', definition('pacing'), examples.pacing),
    pacingProfiles(),
    section('delay', definition('delay'), examples.delay),
    faults(),
    templates(),
    dialects(),
  ].join('\n\n')}\n`
