/**
 * The example clients of three API documents, against the demo as a user would start it:
 * `npm run test:documents`. Needs python3 and curl, which is why it is no part of `npm test`.
 * Must never ask the server's own journal: only what a client printed counts.
 */
import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)

const demo = parse(readFileSync(`${root}/scenarios/demo.yaml`, 'utf8'))
const prompt = 'hello'
const answer = demo.rules.find(({ name }) => name === prompt).reply

/** The server, and the URL that its first line names. */
async function serveDemo() {
  const options = ['--port', '0', '--log-level', 'warn', 'scenarios/demo.yaml']
  const command = ['dist/cli/main.js', 'serve', ...options]
  const server = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 2] })
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /^stuntdouble listening on (\S+)$/.exec(line)?.[1]
    if (url) return { server, url }
    break
  }
  throw new Error('the server did not start; is it built? (npm run bundle)')
}

const python = (file) => (url) => [
  'python3',
  [`${root}/test/clients/documents/${file}`, url, prompt],
]

const curl =
  (...options) =>
  (url) => ['curl', ['--silent', '--show-error', '--max-time', '30', ...options, url]]

const curlKernel2 = curl(
  ...['-X', 'POST', '-H', 'Content-Type: application/json', '-H', 'Accept: text/event-stream'],
  ...['-d', JSON.stringify({ messages: [{ role: 'user', content: prompt }], stream: true })],
)

const curlChatApi = curl(
  ...['--location', '--request', 'POST', '--header', 'Content-Type: application/json'],
  ...['--header', 'Accept: */*', '--header', 'Connection: keep-alive'],
  ...['--data-raw', JSON.stringify({ messages: [{ role: 'user', content: prompt }] })],
)

const curlVanus = (stream, ...headers) =>
  curl(
    ...['-i', '-d', JSON.stringify({ prompt, stream }), '-HContent-Type:application/json'],
    ...['-Hx-vanusai-model:gpt-4', '-Hx-vanusai-sessionid:2f1c1f0e-8d0f-4d53-9d53-6f6a6b0a9c11'],
    ...headers.map((header) => `-H${header}`),
  )

const kernel2 = '/api/kernel2/chat'
const kernel2Actual = '/kernel2-actual/api/kernel2/chat'
const vanus = '/api/v1/demo'

/** What is run, and how the text is read from what it printed. */
const clients = [
  ['kernel2: http.client', kernel2, python('kernel2.py'), (printed) => printed],
  ['kernel2 as it behaves: http.client', kernel2Actual, python('kernel2.py'), (printed) => printed],
  ['kernel2: curl', kernel2, curlKernel2, readKernel2],
  ['Vanus: line loop in Python', vanus, python('vanus.py'), readPythonDicts],
  ['Vanus: curl, events', vanus, curlVanus(true, 'Accept:text/event-stream'), readVanusEvents],
  ['Vanus: curl, events without Accept', vanus, curlVanus(true), readVanusEvents],
  ['Vanus: curl, JSON', vanus, curlVanus(false), (printed) => JSON.parse(bodyOf(printed)).token],
  ['Vanus: curl, plain text', vanus, curlVanus(false, 'Accept:text/plain'), bodyOf],
  ['ChatAPI: curl', '/chatapi', curlChatApi, readChatApi],
]

/** The payloads of a stream of `data` lines, each alone between blank lines. */
function payloads(text, prefix) {
  if (!text.endsWith('\n\n')) throw new Error('the stream does not end with a blank line')
  return text.split('\n\n').flatMap((frame) => {
    if (frame === '') return []
    if (!frame.startsWith(prefix)) throw new Error(`"${frame}" does not begin with "${prefix}"`)
    return [frame.slice(prefix.length)]
  })
}

function readUntilDone(text, prefix) {
  const said = payloads(text, prefix)
  if (said.pop() !== '[DONE]') throw new Error('the last frame is not [DONE]')
  return said.map((json) => JSON.parse(json))
}

function readKernel2(printed) {
  return readUntilDone(printed, 'data: ')
    .map(({ choices }) => choices[0].delta.content ?? '')
    .join('')
}

function readChatApi(printed) {
  return readUntilDone(printed, 'data:')
    .map(({ content }) => content)
    .join('')
}

/** `curl -i` prints the head before the body. */
function bodyOf(printed) {
  const [head, ...body] = printed.split('\r\n\r\n')
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(head)
  return body.join('\r\n\r\n')
}

function readVanusEvents(printed) {
  return joinTokens(payloads(bodyOf(printed), 'data: ').map((json) => JSON.parse(json)))
}

function readPythonDicts(printed) {
  const lines = printed.trimEnd().split('\n')
  return joinTokens(
    lines.map((line) => {
      const [, token, more] = /^\{'token': '(.*)', 'more': (True|False)\}$/.exec(line) ?? []
      if (token === undefined) throw new Error(`not a token: ${line}`)
      return { token, more: more === 'True' }
    }),
  )
}

function joinTokens(events) {
  const last = events.at(-1)
  if (last?.more !== false) throw new Error('the last event does not say more: false')
  if (events.slice(0, -1).some(({ more }) => more !== true)) throw new Error('more ends too early')
  return events.map(({ token }) => token).join('')
}

/** Why it failed, or undefined. */
async function failureOf(url, commandFor, read) {
  const [command, options] = commandFor(url)
  try {
    const env = { ...process.env, PYTHONIOENCODING: 'utf-8' }
    const { stdout } = await run(command, options, { timeout: 30_000, env })
    const text = read(stdout)
    return text === answer ? undefined : `it printed ${JSON.stringify(text)}`
  } catch (error) {
    return error.code === 'ENOENT' ? `${command} is not installed` : error.message
  }
}

/** All at once; most of their time is the pacing of the demo. */
async function runAll(url) {
  const asked = clients.map(([, path, commandFor, read]) => failureOf(url + path, commandFor, read))
  const failures = await Promise.all(asked)
  for (const [at, [name]] of clients.entries()) {
    const why = failures[at]
    console.log(why === undefined ? `ok      ${name}` : `FAILED  ${name}: ${why}`)
  }
  const failed = failures.filter((why) => why !== undefined).length
  console.log(`${clients.length - failed} passed, ${failed} failed`)
  return failed
}

const { server, url } = await serveDemo()
try {
  if ((await runAll(url)) > 0) process.exitCode = 1
} finally {
  server.kill()
}
