/**
 * Puts real clients to the torture and writes what came of it into docs/verdicts.md:
 * `npm run verdicts`, or `npm run verdicts -- --budget 60 openai anthropic` for a look at some of
 * them, which writes nothing. Needs python3 and curl, which is why it is no part of `npm test`.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = join(root, 'docs/verdicts.md')
const here = 'test/clients/torture'

const { values, positionals } = parseArgs({
  options: {
    budget: { type: 'string', default: '100' },
    jobs: { type: 'string', default: '4' },
  },
  allowPositionals: true,
})

const packageVersion = (name) =>
  `${name} ${JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version}`

/** The first version number that a program says of itself. */
function programVersion(program) {
  const said = execFileSync(program, ['--version'], { encoding: 'utf8' })
  return `${program} ${/\d+(\.\d+)+/.exec(said)?.[0]}`
}

const node = (title, sdk, file, ...options) => ({
  title,
  version: packageVersion(sdk),
  options,
  command: ['node', `${here}/${file}`],
})

const python = (title, file, path) => ({
  title,
  version: programVersion('python3'),
  options: [],
  command: ['python3', `test/clients/documents/${file}`, `{url}${path}`, 'hello'],
})

const clients = [
  node('OpenAI, chat', 'openai', 'openai-chat.mjs'),
  node('OpenAI, chat helper', 'openai', 'openai-chat-helper.mjs'),
  node('OpenAI, responses', 'openai', 'openai-responses.mjs'),
  node('Anthropic, helper', '@anthropic-ai/sdk', 'anthropic.mjs'),
  node('Anthropic, events', '@anthropic-ai/sdk', 'anthropic-events.mjs'),
  node('Google', '@google/genai', 'google.mjs'),
  node('Ollama', 'ollama', 'ollama.mjs', '--dialect', 'ollama'),
  node('AI SDK, UI messages', 'ai', 'ai-sdk.mjs', '--dialect', 'ai-sdk'),
  node('Vanus’ Node example', 'axios', 'vanus-axios.mjs'),
  python('Vanus’ Python example', 'vanus.py', '/api/v1/demo'),
  python('kernel2’s Python example', 'kernel2.py', '/api/kernel2/chat'),
  {
    title: 'curl',
    version: programVersion('curl'),
    options: [],
    command: [
      ...['curl', '-sSN', '--fail', '{url}/chatapi', '-H', 'content-type: application/json'],
      ...['-d', JSON.stringify({ messages: [{ role: 'user', content: 'hello' }] })],
    ],
  },
]

const verdicts = [
  'same output',
  'clean error',
  'silent truncation',
  'wrong output',
  'hang',
  'crash',
  'retry storm',
]

/** What torture says of one client. Its exit code is 1 where a variant failed, which is no news. */
async function torture({ command, options }, folder) {
  const json = join(folder, 'report.json')
  const settings = ['--scenario', `${here}/reply.yaml`, '--budget', values.budget]
  const limits = ['--jobs', values.jobs, '--timeout', '8s', '--json', json]
  const all = ['dist/cli/main.js', 'torture', ...settings, ...limits, ...options, '--', ...command]
  const child = spawn(process.execPath, all, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const exit = await new Promise((resolve) => child.on('close', resolve))
  if (exit !== 0 && exit !== 1) throw new Error(`torture ended with exit code ${exit}`)
  const { variants, summary } = JSON.parse(readFileSync(json, 'utf8'))
  // What was tried besides, to find the smallest that fails, would count some failures twice.
  return { summary, variants: variants.filter(({ shrunk }) => !shrunk) }
}

const cells = (...values) => `| ${values.join(' | ')} |`

const countOf = (report, verdict) =>
  report.variants.filter((variant) => variant.verdict === verdict).length || '·'

const titles = ['client', 'version', ...verdicts, 'failed']
const counts = (client, report) => [
  client.title,
  client.version,
  ...verdicts.map((verdict) => countOf(report, verdict)),
  report.variants.filter(({ allowed }) => !allowed).length || '·',
]

/** Variants that failed alike, by the family that is the first part of their name. */
function failuresOf(report) {
  const groups = new Map()
  for (const { name, verdict, allowed } of report.variants) {
    if (allowed) continue
    const family = name
      .split('/')
      .slice(0, 2)
      .join('/')
      .replace(/\/(frame|byte)-\d+$/, '')
    const key = `${verdict}\n${family}`
    groups.set(key, [...(groups.get(key) ?? []), name])
  }
  return [...groups].map(([key, names]) => ({ key: key.split('\n'), names }))
}

function failureLines(report) {
  const byVerdict = new Map()
  for (const { key, names } of failuresOf(report)) {
    const [verdict, family] = key
    const many = names.length > 1 ? ` (${names.length})` : ''
    byVerdict.set(verdict, [...(byVerdict.get(verdict) ?? []), `\`${family}\`${many}`])
  }
  return [...byVerdict].map(([verdict, families]) => `- *${verdict}*: ${families.join(', ')}`)
}

function tableOf(results) {
  const lines = [
    cells(...titles),
    cells(...titles.map((_, at) => (at < 2 ? '---' : '--:'))),
    ...results.map(([client, report]) => cells(...counts(client, report))),
  ]
  return lines.join('\n')
}

const detailsOf = (results) =>
  results
    .map(([client, report]) => {
      const lines = failureLines(report)
      const said = lines.length > 0 ? lines.join('\n') : 'Nothing that should not have been.'
      return `### ${client.title}: ${client.version}\n\n${said}`
    })
    .join('\n\n')

function made(results) {
  const [[, { summary }] = [undefined, { summary: {} }]] = results
  const day = new Date().toISOString().slice(0, 10)
  const how = `${day}, Node ${process.versions.node}, ${values.budget} variants each, seed ${summary.seed}`
  return `Made on ${how}.\n\n${tableOf(results)}\n\n${detailsOf(results)}\n`
}

const folder = mkdtempSync(join(tmpdir(), 'verdicts-'))
const chosen = clients.filter(
  ({ title }) =>
    positionals.length === 0 ||
    positionals.some((name) => title.toLowerCase().includes(name.toLowerCase())),
)
const results = []
try {
  for (const client of chosen) {
    process.stderr.write(`${client.title}, ${client.version}\n`)
    results.push([client, await torture(client, folder)])
  }
} finally {
  rmSync(folder, { recursive: true })
}
const text = made(results)
process.stdout.write(text)
if (positionals.length === 0) {
  const [before, after] = ['<!-- npm run verdicts -->\n', '<!-- until here -->']
  const written = readFileSync(page, 'utf8')
  const start = written.indexOf(before) + before.length
  const rest = written.slice(written.indexOf(after, start))
  writeFileSync(page, `${written.slice(0, start)}\n${text}\n${rest}`)
}
