/** Streams as the compatible services send them, written by hand, read back to events. */
import { describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { builtInDialects } from '../../../src/dialects/registry.ts'
import { decode } from '../wire.ts'

type Frame = string | object

function read(name: string, frames: readonly Frame[]): Event[] {
  const dialect = builtInDialects.find((known) => known.name === name)
  if (!dialect) throw new Error(`there is no ${name}`)
  const written = frames.map((frame) =>
    typeof frame === 'string' ? frame : `data: ${JSON.stringify(frame)}\n\n`,
  )
  return decode(dialect, utf8(written.join('')), [5, 17])
}

const done = 'data: [DONE]\n\n'
const delta = (said: object, rest: object = {}) => ({
  choices: [{ index: 0, delta: said, finish_reason: null, ...rest }],
})
const tokens = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }
const counted: Event = { type: 'usage', usage: { inputTokens: 9, outputTokens: 3 } }
const hi: Event = { type: 'text', text: 'Hi' }
const start: Event = { type: 'start' }
const stop: Event = { type: 'finish', reason: 'stop' }

describe('what a service sends', () => {
  it.each<[string, string, Frame[], Event[]]>([
    [
      'azure-openai',
      'filters before, beside and after the text',
      [
        { choices: [], created: 0, id: '', prompt_filter_results: [{ prompt_index: 0 }] },
        delta({ content: '', role: 'assistant' }, { content_filter_results: {} }),
        delta({ content: 'Hi' }, { content_filter_results: { hate: { filtered: false } } }),
        delta({}, { finish_reason: 'stop' }),
        { choices: [{ index: 0, content_filter_offsets: { check_offset: 2 } }] },
        { choices: [], usage: tokens },
        done,
      ],
      [start, hi, stop, counted],
    ],
    [
      'groq',
      'the usage under a name of its own',
      [
        { ...delta({ role: 'assistant', content: '' }), x_groq: { id: 'req_1' } },
        delta({ reasoning: 'Hm', channel: 'analysis' }),
        delta({ content: 'Hi' }),
        { ...delta({}, { finish_reason: 'stop' }), x_groq: { id: 'req_1', usage: tokens } },
        done,
      ],
      [start, { type: 'reasoning', text: 'Hm' }, hi, stop, counted],
    ],
    [
      'deepseek',
      'a thought beside null, and the usage in the end',
      [
        delta({ role: 'assistant', content: null, reasoning_content: '' }),
        ': keep-alive\n\n',
        delta({ content: null, reasoning_content: 'Hm' }),
        delta({ content: 'Hi', reasoning_content: null }),
        { ...delta({ content: '' }, { finish_reason: 'stop' }), usage: tokens },
        done,
      ],
      [
        start,
        { type: 'comment', text: 'keep-alive' },
        { type: 'reasoning', text: 'Hm' },
        hi,
        stop,
        counted,
      ],
    ],
    [
      'openrouter',
      'usage beside an empty delta after the end',
      [
        ': OPENROUTER PROCESSING\n\n',
        delta({ role: 'assistant', content: 'Hi' }, { native_finish_reason: null }),
        delta({ role: 'assistant', content: '' }, { finish_reason: 'stop' }),
        { ...delta({ role: 'assistant', content: '' }), usage: { ...tokens, cost: 0.01 } },
        done,
      ],
      [{ type: 'comment', text: 'OPENROUTER PROCESSING' }, start, hi, stop, counted],
    ],
    [
      'xai',
      'thoughts that are counted beside the completion',
      [
        delta({ role: 'assistant', content: 'Hi' }),
        delta({}, { finish_reason: 'stop' }),
        {
          choices: [],
          usage: {
            prompt_tokens: 9,
            completion_tokens: 3,
            total_tokens: 32,
            completion_tokens_details: { reasoning_tokens: 20 },
          },
        },
        done,
      ],
      [
        start,
        hi,
        stop,
        {
          type: 'usage',
          usage: { inputTokens: 9, outputTokens: 23, reasoningTokens: 20 },
        },
      ],
    ],
    [
      'together',
      'the text twice',
      [
        delta({ token_id: 7, role: 'assistant', content: 'Hi', tool_calls: null }, { text: 'Hi' }),
        {
          ...delta({ token_id: 8, role: 'assistant', content: '' }, { finish_reason: 'stop' }),
          usage: tokens,
        },
        done,
      ],
      [start, hi, stop, counted],
    ],
    [
      'perplexity',
      'counts, sources and all that was said in every chunk',
      [
        {
          ...delta(
            { role: 'assistant', content: 'Hi' },
            { message: { role: 'assistant', content: 'Hi' } },
          ),
          usage: { ...tokens, completion_tokens: 1 },
          citations: ['https://a'],
        },
        {
          ...delta(
            { role: 'assistant', content: '' },
            { message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' },
          ),
          usage: tokens,
          citations: ['https://a', 'https://b'],
        },
      ],
      [
        start,
        { type: 'citation', citation: 'https://a' },
        hi,
        { type: 'citation', citation: 'https://b' },
        stop,
        counted,
      ],
    ],
    [
      'perplexity',
      'counts that are cut off before the end',
      [{ ...delta({ role: 'assistant', content: 'Hi' }), usage: tokens }],
      [start, hi, counted],
    ],
    [
      'ollama-openai',
      'a whole call in one delta',
      [
        delta({
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'c', index: 0, function: { name: 'look', arguments: '{}' } }],
        }),
        delta({ role: 'assistant', content: '' }, { finish_reason: 'tool_calls' }),
        done,
      ],
      [
        start,
        { type: 'tool-start', index: 0, id: 'c', name: 'look' },
        { type: 'tool-arguments', index: 0, text: '{}' },
        { type: 'tool-end', index: 0 },
        { type: 'finish', reason: 'tool-calls' },
      ],
    ],
  ])('%s: %s', (name, _, frames, events) => {
    expect(read(name, frames)).toEqual(events)
  })

  it.each<[string, object, string, string]>([
    [
      'groq',
      { error: { message: 'x', code: 'tool_use_failed', status_code: 400 } },
      'server-error',
      'x',
    ],
    ['openrouter', { error: { code: 429, message: 'x' }, choices: [] }, 'rate-limited', 'x'],
    ['xai', { code: 'Some resource has been exhausted', error: 'x' }, 'rate-limited', 'x'],
    ['vllm', { error: { message: 'x', type: 'NotFoundError', code: 404 } }, 'not-found', 'x'],
    ['azure-openai', { error: { code: 'content_filter', message: 'x' } }, 'content-filter', 'x'],
    ['deepseek', { error: { message: 'x', type: 'authentication_error' } }, 'unauthorized', 'x'],
  ])('%s: %j is read as that error', (name, body, code, message) => {
    expect(read(name, [body])).toMatchObject([{ type: 'error', error: { code, message } }])
  })

  it('stays raw where nobody can name it', () => {
    const frame = 'data: {"choices":[],"anything":1}\n\n'
    const [raw] = read('groq', [frame])
    expect(raw?.type === 'raw' && looseText(raw.bytes)).toBe(frame)
  })
})
