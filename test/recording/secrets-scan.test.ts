import { describe, expect, test } from 'vitest'
import { defaultSettings } from '../../src/core/recording-settings.ts'
import { RecordingScan, secretsInText } from '../../src/recording/redact/secrets-scan.ts'

const usual = defaultSettings.redact
const key = 'sk-proj-Ab3dEf6hIj9kLmN0pQrSt'

const about = '{"recording":1,"by":"stuntdouble 0.1.0","at":"2026-11-22T10:00:00.000Z"}'
const request = (fields: object): string =>
  JSON.stringify({ request: { method: 'POST', url: 'http://h/v1', headers: [], ...fields } })
const head = (headers: readonly (readonly [string, string])[] = []): string =>
  JSON.stringify({
    atMs: 1,
    head: { status: 200, headers: [['content-type', 'text/event-stream'], ...headers] },
  })
const chunk = (text: string): string => JSON.stringify({ atMs: 2, text })
const end = '{"atMs":9,"end":"end"}'

function scan(lines: readonly string[], settings = usual) {
  const scanning = new RecordingScan(settings, [])
  const kept = [...lines.flatMap((line) => scanning.push(line)), ...scanning.end()]
  return { found: scanning.found, kept }
}

describe('a recording that is there already', () => {
  test('a secret is told by its line, its column and its looks, and never told itself', () => {
    const lines = [
      about,
      request({ body: `{"é":"${key}"}` }),
      head(),
      chunk(`data: é ${key}\n\n`),
      end,
    ]
    const { found } = scan(lines)
    const columns = lines.map((line) => line.indexOf(key) + 1)
    expect(found).toEqual([
      { line: 2, column: columns[1], what: 'a key, sk-… (29 characters)' },
      { line: 4, column: columns[3], what: 'a key, sk-… (29 characters)' },
    ])
  })

  test('one that is dealt out over frames and lines is found in each of them', () => {
    const pieces = ['is sk-', 'proj-Ab3dEf6', 'hIj9kLmN0p', 'QrSt.']
    const chunks = pieces.map((t) => chunk(`data: ${JSON.stringify({ t })}\n\n`))
    const { found, kept } = scan([about, request({}), head(), ...chunks, end])
    expect(found.map(({ line }) => line)).toEqual([5, 6, 7])
    expect(kept.join('\n')).not.toMatch(/proj-|hIj9|QrSt/)
  })

  test.each([
    [
      'a field named like a secret',
      request({ body: '{"password":"hunter2"}' }),
      'the value of "password"',
    ],
    ['a number', request({ body: '{"password":12345}' }), 'the value of "password"'],
    ['a parameter', request({ url: 'http://h/v1?key=paris' }), 'the value of key'],
    ['a password in the URL', request({ url: 'http://jo:hunter2@h/v1' }), 'a password in a URL'],
    ['a header', request({ headers: [['x-api-key', 'abcdefgh12']] }), 'the header x-api-key'],
  ])('%s of a request is found', (_, line, what) => {
    const { found, kept } = scan([about, line, end])
    expect(found).toEqual([
      { line: 2, column: expect.any(Number), what: expect.stringContaining(what) },
    ])
    expect(scan(kept).found).toEqual([])
  })

  test('what was taped without secrets stays as it is, to the byte', () => {
    const lines = [
      about,
      request({ body: '{"password":"REDACTED","n":1}', url: 'http://h/?key=xxxx' }),
      head([['retry-after', '7']]),
      '{"atMs":2,"base64":"ZGF0YTp7ImNvbnRlbnQiOiLw"}',
      chunk('data: {"t":"REDACTED-7d4cdad1-xxx"}\n\n'),
      end,
    ]
    expect(scan(lines)).toEqual({ found: [], kept: lines })
  })

  test("patterns of the user's own count, and what is allowed does not", () => {
    const lines = [about, request({ body: `{"a":"cust-123456","b":"${key}"}` }), end]
    const settings = { ...usual, patterns: [/cust-\d{6}/], allow: [key] }
    expect(scan(lines, settings).found).toEqual([
      { line: 2, column: (lines[1] ?? '').indexOf('cust') + 1, what: 'a secret (11 characters)' },
    ])
  })
})

describe('any other text', () => {
  test.each([
    ['a cassette', 'headers:\n  Authorization:\n  - Bearer abcd1234efgh\n', 3, 12],
    ['a HAR file', '{"headers":[\n{"name":"x-api-key","value":"abcd1234efgh"}]}', 2, 30],
    ['a dump of curl', '> GET / HTTP/1.1\n> Cookie: session=abcd1234efgh\n', 2, 11],
    ['a script', 'export A_TOKEN=abcd1234efgh5678ijkl\n', 1, 16],
    ['a private key', `é -----BEGIN PRIVATE KEY-----\n${'MIIEvQ12'.repeat(4)}\n`, 2, 1],
  ])('a secret in %s is found in its place', (_, text, line, column) => {
    expect(secretsInText(text, usual)).toEqual([{ line, column, what: expect.any(String) }])
  })

  test.each([
    'Basic authentication is what the server asks for; bearer tokens are another way to do it.',
    'See task-2024-report-of-the-team and risk-based-approach-to-planning-in-2026 for more.',
    '<div class="sk-container-id-1 sk-text-repr-fallback">',
    'import { skipToken } from "sk-toolkit-for-everything-and-more"',
    'const authorization = request.headers.authorization ?? settings.password',
    'max_tokens: 4096, total_tokens: 12345678, token: "Hello", key: value, secret: none',
    'https://user:password@host.example/path?page=2&key=value&sort=name',
    'The hash is 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, id 550e8400-e29b-41d4-a716-446655440000.',
    'x-api-key: $API_KEY\nauthorization: Bearer <token>\ncookie: REDACTED\n',
    '{"type":"object","properties":{"password":{"type":"string"},"api_key":"string"}}',
    'ASIAN food, AKIAtic, TASK0123 and hf_hub_download(repo_id="x") with fw_update and npm_config_registry.',
  ])('ordinary words are no secrets: %s', (text) => {
    expect(secretsInText(text, usual)).toEqual([])
  })
})
