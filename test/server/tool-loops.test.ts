/** Whole conversations of the vendors' SDKs with tools: taped once, and run again from the tape. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'

const weather = {
  name: 'weather service',
  rules: [
    {
      when: { user: { matches: 'weather in (?<city>\\w+)' }, last: 'user' },
      reply: [
        { text: 'Let me look.' },
        { tool: { name: 'get_weather', arguments: { city: '{{ match.city }}' } } },
        { tool: { name: 'get_time', arguments: { city: '{{ match.city }}' } } },
      ],
    },
    { when: { last: 'tool' }, reply: 'It is sunny, and noon.' },
    { when: { user: { contains: 'thanks' } }, reply: 'You are welcome.' },
  ],
}

const folders: string[] = []

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-loops-'))
  folders.push(folder)
  return folder
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** What tools say differs with every run: here, and in the texts that they say it in. */
const result = (run: number): string =>
  JSON.stringify({
    sky: 'sunny',
    request_id: `req-${run}a1b2c3d4e5f6`,
    at: new Date().toISOString(),
  })

type Loop = (double: Double, run: number) => Promise<readonly string[]>

const parameters = { type: 'object', properties: { city: { type: 'string' } } }

const chat: Loop = async (double, run) => {
  const client = new OpenAI({ baseURL: double.url('/v1'), apiKey: 'none', maxRetries: 0 })
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: 'system', content: `Be kind. Now: ${new Date().toISOString()}` },
    { role: 'user', content: 'weather in Paris' },
  ]
  const tools = ['get_weather', 'get_time'].map((name) => ({
    type: 'function' as const,
    function: { name, parameters },
  }))
  const said: string[] = []
  for (let turn = 0; turn < 3; turn++) {
    const body = { model: 'gpt-4o', messages, tools, metadata: { run: `run-${run}0f1e2d3c4b` } }
    const final = await client.chat.completions.stream(body).finalMessage()
    said.push(String(final.content))
    messages.push(final)
    for (const { id } of final.tool_calls ?? []) {
      messages.push({ role: 'tool', tool_call_id: id, content: result(run) })
    }
    if (turn === 1) messages.push({ role: 'user', content: 'thanks' })
  }
  return said
}

const claude: Loop = async (double, run) => {
  const client = new Anthropic({ baseURL: double.url(), apiKey: 'none', maxRetries: 0 })
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'weather in Paris' }]
  const tools = ['get_weather', 'get_time'].map((name) => ({
    name,
    input_schema: { ...parameters, type: 'object' as const },
  }))
  const said: string[] = []
  for (let turn = 0; turn < 3; turn++) {
    const system = `Be kind. Today is ${new Date().toDateString()}.`
    const asked = { model: 'claude-sonnet-4-6', max_tokens: 1024, system, messages, tools }
    const { content } = await client.messages.stream(asked).finalMessage()
    said.push(content.map((block) => (block.type === 'text' ? block.text : '')).join(''))
    messages.push({ role: 'assistant', content })
    const calls = content.filter((block) => block.type === 'tool_use')
    messages.push({
      role: 'user',
      content:
        calls.length === 0
          ? 'thanks'
          : calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: result(run) })),
    })
  }
  return said
}

const responses: Loop = async (double, run) => {
  const client = new OpenAI({ baseURL: double.url('/v1'), apiKey: 'none', maxRetries: 0 })
  const tools = ['get_weather', 'get_time'].map((name) => ({
    ...{ type: 'function' as const, name, strict: false },
    parameters,
  }))
  const said: string[] = []
  let input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'weather in Paris' }]
  let previous: string | null = null
  for (let turn = 0; turn < 3; turn++) {
    const asked = { model: 'gpt-4o', input, tools, previous_response_id: previous }
    const reply: OpenAI.Responses.Response = await client.responses.stream(asked).finalResponse()
    said.push(reply.output_text)
    previous = reply.id
    const calls = reply.output.filter((item) => item.type === 'function_call')
    input = calls.map(({ call_id }) => ({
      ...{ type: 'function_call_output' as const, call_id },
      output: result(run),
    }))
    if (calls.length === 0) input = [{ role: 'user', content: 'thanks' }]
  }
  return said
}

const loops: readonly [string, Loop][] = [
  ['openai, chat completions', chat],
  ['@anthropic-ai/sdk', claude],
  ['openai, responses', responses],
]

const said = ['Let me look.', 'It is sunny, and noon.', 'You are welcome.']

/** The service plays with this seed, so that other seeds are other ids. */
const service = (seed: number): Promise<Double> => start({ scenarios: [weather], seed })

describe.each(loops)('a tool loop of %s', (_, loop) => {
  it('runs from its tape as it ran live, also with the ids of another generation', async () => {
    const tapes = temporaryFolder()
    {
      await using live = await service(1)
      const recorder = await start({ upstream: live.url(), tapes })
      expect(await loop(recorder, 1)).toEqual(said)
      await recorder.close()
    }
    expect(readdirSync(tapes).filter((name) => name.endsWith('.jsonl'))).toHaveLength(3)

    await using replay = await start({ recordings: [tapes], pace: 'instant' })
    expect(() => replay.verify()).toThrow(/^3 recordings were never used:\n/)
    expect(await loop(replay, 2)).toEqual(said)
    expect(() => replay.verify()).not.toThrow()

    await using other = await service(2)
    await loop(other, 3)
    for (const { url, body } of other.journal) {
      const headers = { 'content-type': 'application/json', 'x-stuntdouble-session': 'other' }
      const reply = await fetch(replay.url(url), { method: 'POST', headers, body })
      expect(reply.headers.get('x-stuntdouble-rule')).toMatch(/^recording\//)
    }
    const used = replay.journal.slice(-3).map(({ rule }) => rule)
    expect(used).toEqual([...used].sort())
    expect(new Set(used).size).toBe(3)
  })
})

describe('a folder of recordings', () => {
  const ask = (double: Double, content: string, more: object = {}): Promise<Response> =>
    fetch(double.url('/v1/chat/completions'), {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more }),
    })

  const tape = async (tapes: string, ...questions: readonly string[]): Promise<void> => {
    await using live = await service(1)
    const recorder = await start({ upstream: live.url(), tapes })
    for (const question of questions) await (await ask(recorder, question)).text()
    await recorder.close()
  }

  it('is asked before the service where only what is missing is taped', async () => {
    const tapes = temporaryFolder()
    await tape(tapes, 'weather in Paris')
    await using live = await service(1)
    const recorder = await start({ recordings: [tapes], upstream: live.url(), tapes })
    const rules: (string | null)[] = []
    for (const question of ['weather in Paris', 'weather in Rome']) {
      const reply = await ask(recorder, question)
      await reply.text()
      rules.push(reply.headers.get('x-stuntdouble-rule')?.replace(/\/.*/, '') ?? null)
    }
    await recorder.close()
    expect(rules).toEqual(['recording', 'upstream'])
    expect(live.journal).toHaveLength(1)
    expect(readdirSync(tapes).filter((name) => name.endsWith('.jsonl'))).toHaveLength(2)
  })

  it('may be empty where there is a service to ask', async () => {
    await using live = await service(1)
    const empty = temporaryFolder()
    await using recorder = await start({ recordings: [empty], upstream: live.url(), tapes: empty })
    expect((await ask(recorder, 'thanks')).status).toBe(200)
  })

  it('is asked by its settings, and those of the call on top', async () => {
    const tapes = temporaryFolder()
    await tape(tapes, 'weather in Paris')
    writeFileSync(join(tapes, 'settings.yaml'), 'match: { ignore: [ $.user ] }\n')
    await using replay = await start({ recordings: [tapes], ignore: ['$.seed'], pace: 'instant' })
    expect((await ask(replay, 'weather in Paris', { user: 'x', seed: 3 })).status).toBe(200)
    expect((await ask(replay, 'weather in Paris', { n: 2 })).status).toBe(404)
  })

  it('tells programs of a miss, and whoever verifies', async () => {
    const tapes = temporaryFolder()
    await tape(tapes, 'weather in Paris', 'thanks')
    await using replay = await start({ recordings: [tapes], pace: 'instant' })
    expect((await ask(replay, 'weather in Rome')).headers.get('x-stuntdouble-error')).toBe('miss')
    expect((await ask(replay, 'thanks')).status).toBe(200)
    const misses: unknown = await (await fetch(replay.url('/_stuntdouble/misses'))).json()
    expect(misses).toMatchObject([
      {
        rule: 'miss',
        miss: {
          reason: 'none',
          recordings: 2,
          nearest: [
            {
              differences: [{ where: '$.messages[0].content', asked: '"weather in Rome"' }],
              messages: [{ index: 0, role: 'user', is: 'different' }],
            },
            {},
          ],
        },
      },
    ])
    expect(() => replay.verify()).toThrow(
      /^1 recording was never used:\n.*\.jsonl\n1 request was answered by nothing:\n {2}POST \/v1/,
    )
  })

  it('warns when it is stale, or is refused', async () => {
    const tapes = temporaryFolder()
    await tape(tapes, 'thanks')
    const warnings: string[] = []
    const log = {
      debug: () => undefined,
      info: () => undefined,
      error: () => undefined,
      warn: (_: object, m: string) => warnings.push(m),
    }
    const stale = { recordings: [tapes], staleAfter: '0m' }
    await using _double = await start({ ...stale, log })
    expect(warnings).toEqual([
      expect.stringMatching(/^1 recording is older than 0d; the oldest is/),
    ])
    await expect(start({ recordings: [tapes], stale: 'fail' })).rejects.toThrow(/from what age on/)
    await expect(start({ ...stale, stale: 'fail' })).rejects.toThrow(/1 recording is older than 0d/)
    await using _fresh = await start({ recordings: [tapes], staleAfter: '30d', stale: 'fail' })
  })

  it.each([
    [{ after: 'lop' }, 'after: there is no "lop"; did you mean "loop"?'],
    [{ stale: 'warm' }, 'stale: there is no "warm"; did you mean "warn"?'],
    [{ staleAfter: 'old' }, 'stale-after: "old" is no age; expected an age such as 30d'],
    [{ ignore: ['user'] }, 'ignore: a place is written as $.metadata.run_id'],
    [{ matchHeaders: ['authorization'] }, 'match-header: "authorization" cannot be compared'],
    [{ volatile: ['dats'] }, 'volatile: "dats" is no kind of volatile text; did you mean "dates"?'],
  ])('is refused with %j', async (options, message) => {
    await expect(start({ scenarios: [weather], ...options })).rejects.toThrow(message)
  })
})
