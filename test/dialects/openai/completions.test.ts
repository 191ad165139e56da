import { describe, expect, it } from 'vitest'
import { looseText } from '../../../src/core/bytes.ts'
import { isApiError, type ReplyContext } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { openAiCompletions } from '../../../src/dialects/openai/completions.ts'
import { accepted, bytesOf, encode, jsonRequest, replyTo } from '../wire.ts'
import { call, finish, start, text, usage } from './openai.ts'

const path = '/v1/completions'
const ask = { model: 'gpt-3.5-turbo-instruct', prompt: 'Once', stream: true }

const replyFor = (changes: object = {}): ReplyContext =>
  replyTo(accepted(openAiCompletions, jsonRequest({ path }, { ...ask, ...changes })))

const streamed = (events: readonly Event[], changes: object = {}): string =>
  looseText(bytesOf(encode(openAiCompletions, events, replyFor(changes))))

const shared =
  '"id":"cmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","object":"text_completion","created":1700000000'

const golden = (events: readonly Event[], changes: object = {}): string =>
  `\n${streamed(events, changes).replaceAll(shared, '…').replaceAll('\n\n', '\n')}`

describe('openai-completions as a stream', () => {
  it('says text and its end, as recorded chunks do', () => {
    expect(golden([start, text(' that'), finish('length'), usage])).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"text":" that","index":0,"logprobs":null,"finish_reason":null}],"model":"gpt-3.5-turbo-instruct"}
      data: {…,"choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"length"}],"model":"gpt-3.5-turbo-instruct"}
      data: [DONE]
      "
    `)
  })

  it('counts in a chunk of its own where it is asked to', () => {
    const options = { stream_options: { include_usage: true } }
    expect(golden([start, text(' that'), finish(), usage], options)).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"text":" that","index":0,"logprobs":null,"finish_reason":null}],"model":"gpt-3.5-turbo-instruct","usage":null}
      data: {…,"choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}],"model":"gpt-3.5-turbo-instruct","usage":null}
      data: {…,"choices":[],"model":"gpt-3.5-turbo-instruct","usage":{"prompt_tokens":14,"completion_tokens":8,"total_tokens":22,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}
      data: [DONE]
      "
    `)
  })

  it('begins every answer with its prompt where it is asked to', () => {
    const both: Event[] = [start, text('!'), { ...text('?'), choice: 1 }]
    const texts = [
      ...streamed(both, { prompt: ['Once', 'Twice'], echo: true }).matchAll(
        /"text":"([^"]+)","index":(\d)/g,
      ),
    ]
    expect(texts.map(([, said, index]) => [index, said])).toEqual([
      ['0', 'Once'],
      ['1', 'Twice'],
      ['0', '!'],
      ['1', '?'],
    ])
  })

  it('leaves thoughts and calls unsaid', () => {
    const events = [start, { type: 'reasoning', text: 'Hm' } as const, ...call(0, 'look', '{}')]
    expect(golden([...events, text('Hi'), finish('tool-calls')])).toBe(
      golden([start, text('Hi'), finish('stop')]),
    )
  })
})

describe('openai-completions in one piece', () => {
  it('has the recorded shape, with all answers to all prompts', () => {
    const reply = replyFor({ stream: false, prompt: ['a', 'b'], n: 2, echo: true })
    const said = [0, 1, 2, 3].map((choice) => ({ ...text('!'), choice }))
    expect(String(openAiCompletions.whole([start, ...said, usage], reply).body)).toBe(
      `{${shared},"model":"gpt-3.5-turbo-instruct","choices":[${['a!', 'a!', 'b!', 'b!']
        .map((one, i) => `{"text":"${one}","index":${i},"logprobs":null,"finish_reason":"stop"}`)
        .join(',')}],"usage":${JSON.stringify({
        prompt_tokens: 14,
        completion_tokens: 8,
        total_tokens: 22,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      })}}`,
    )
  })
})

describe('openai-completions and its requests', () => {
  it.each<[string, object, string | undefined, number]>([
    ['a prompt', {}, 'Once', 1],
    ['two prompts', { prompt: ['a', 'b'] }, 'b', 2],
    ['three answers to each of two prompts', { prompt: ['a', 'b'], n: 3 }, 'b', 6],
    ['a prompt in tokens', { prompt: [12, 5] }, '12 5', 1],
    ['two prompts in tokens', { prompt: [[1, 2], [3]] }, '3', 2],
    ['no prompt', { prompt: undefined }, '<|endoftext|>', 1],
  ])('takes %s', (_, changes, user, choices) => {
    expect(replyFor(changes).request).toMatchObject({ user, choices })
  })

  it.each<[string, object, string]>([
    ['a prompt that is a number', { prompt: 7 }, 'one of a string or array of strings'],
    ['a text among tokens', { prompt: [[1], 'x'] }, "'prompt["],
    ['too many log probabilities', { logprobs: 6 }, "Invalid 'logprobs': integer above maximum"],
    ['options without a stream', { stream: false, stream_options: {} }, 'only allowed when'],
  ])('refuses %s', (_, changes, words) => {
    const refused = openAiCompletions.parseRequest(jsonRequest({ path }, { ...ask, ...changes }))
    if (!isApiError(refused)) throw new Error('it was accepted')
    expect(refused.message).toContain(words)
    expect(openAiCompletions.error(refused).status).toBe(400)
  })
})
