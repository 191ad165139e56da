import { describe, expect, it } from 'vitest'
import { isApiError } from '../../../src/core/dialect.ts'
import { gemini, vertex } from '../../../src/dialects/google/google.ts'
import { accepted } from '../wire.ts'
import { contents, request } from './google.ts'

const understood = (body: unknown) => accepted(gemini, request(body))

function refused(body: unknown, dialect = gemini): Record<string, unknown> {
  const http = request(body, { method: 'generateContent' })
  const error = dialect.parseRequest(http)
  if (!isApiError(error)) throw new Error('it was accepted')
  return JSON.parse(String(dialect.error(error, http).body)).error
}

const call = { functionCall: { name: 'get_weather', args: { city: 'Oslo' } } }
const responseSchema = { type: 'OBJECT', x: 1 }
const inline = (data: string) => ({ inlineData: { mimeType: 'image/png', data } })
const result = (response: unknown) => ({ functionResponse: { name: 'get_weather', response } })

describe('a request to Gemini', () => {
  it('is understood: roles, system, tools, candidates', () => {
    const {
      http: _,
      body: __,
      ...rest
    } = understood({
      systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] },
      contents: [
        { parts: [{ text: 'Weather?' }] },
        { role: 'model', parts: [{ text: 'Hm', thought: true }, { text: 'I look.' }, call] },
        { role: 'user', parts: [result({ output: 'Rain' })] },
        { role: 'model', parts: [call] },
        { role: 'function', parts: [result({ degrees: 7 }), { text: 'And now?' }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'get_weather' }] }, { googleSearch: {} }],
      generationConfig: { candidateCount: 2 },
    })
    expect(rest).toEqual({
      dialect: 'gemini',
      model: 'gemini-2.5-flash',
      messages: [
        { role: 'system', text: 'Be brief.\nBe kind.' },
        { role: 'user', text: 'Weather?' },
        { role: 'assistant', text: 'I look.' },
        { role: 'tool', text: 'Rain' },
        { role: 'assistant', text: '' },
        { role: 'tool', text: '{"degrees":7}' },
        { role: 'user', text: 'And now?' },
      ],
      system: 'Be brief.\nBe kind.',
      user: 'And now?',
      tools: ['get_weather'],
      stream: true,
      dialogue: undefined,
      choices: 2,
    })
  })

  it('streams where its method says so', () => {
    const stream = (method: string) => accepted(gemini, request({ contents }, { method })).stream
    expect(stream('streamGenerateContent')).toBe(true)
    expect(stream('generateContent')).toBe(false)
  })

  it.each([
    ['names_like_this', { system_instruction: { parts: [{ text: 'Hi' }] }, contents }],
    ['one content instead of a list', { contents: { parts: { text: 'hello' } } }],
    ['numbers as text', { contents, generationConfig: { temperature: '0.5', topK: '3' } }],
    ['null for what is not set', { contents, tools: null, generationConfig: { topP: null } }],
    ['an image alone', { contents: [{ parts: [{ inlineData: { mimeType: 'a/b', data: '' } }] }] }],
    [
      'any schema',
      { contents, generationConfig: { responseMimeType: 'application/json', responseSchema } },
    ],
    [
      'settings in small letters, and by number',
      {
        contents,
        safetySettings: { category: 'harm_category_harassment', threshold: 4 },
        toolConfig: { function_calling_config: { mode: 'any' } },
      },
    ],
    ['data in either alphabet', { contents: [{ parts: [inline('a-_Z'), inline('+/8=\n')] }] }],
  ])('may have %s', (_, body) => {
    expect(understood(body).dialect).toBe('gemini')
  })

  it('counts candidates that are asked for in text', () => {
    expect(understood({ contents, generation_config: { candidate_count: '3' } }).choices).toBe(3)
  })

  const received = 'Invalid JSON payload received. '
  const typed = 'type.googleapis.com/google.ai.generativelanguage.v1beta'
  const content = `${typed}.Content`

  it.each<readonly [unknown, string, string | undefined]>([
    [{ contents, model_name: 'x' }, `${received}Unknown name "model_name": Cannot find field.`, ''],
    [
      { contents: [{ role: 'user', content: 'hello' }] },
      `${received}Unknown name "content" at 'contents[0]': Cannot find field.`,
      'contents[0]',
    ],
    [
      { contents: [{ parts: [{ type: 'text', text: 'hello' }] }] },
      `${received}Unknown name "type" at 'contents[0].parts[0]': Cannot find field.`,
      'contents[0].parts[0]',
    ],
    [
      { contents, generationConfig: { max_tokens: 5 } },
      `${received}Unknown name "max_tokens" at 'generation_config': Cannot find field.`,
      'generation_config',
    ],
    [
      { contents, systemInstruction: contents },
      `${received}Unknown name "systemInstruction": Proto field is not repeating, cannot start list.`,
      '',
    ],
    [
      { contents: ['hello', 7] },
      `Invalid value at 'contents[0]' (${content}), "hello"`,
      'contents[0]',
    ],
    [{ contents: 'hello' }, `Invalid value at 'contents' (${content}), "hello"`, 'contents'],
    [
      { contents: [{ parts: [{ text: 7 }] }] },
      "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 7",
      'contents[0].parts[0].text',
    ],
    [
      { contents, generationConfig: { maxOutputTokens: 'many' } },
      `Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), "many"`,
      'generation_config.max_output_tokens',
    ],
    [
      { contents: [{ parts: [inline('no base64!')] }] },
      `Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed for "no base64!"`,
      'contents[0].parts[0].inline_data.data',
    ],
    [
      { contents: [{ parts: [{ text: 'See', ...inline('') }] }] },
      "Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'inlineData'",
      'contents[0].parts[0]',
    ],
    [
      { contents, safetySettings: [{ category: 'HARM_CATEGORY_FUN', threshold: 'OFF' }] },
      `Invalid value at 'safety_settings[0].category' (${typed}.HarmCategory), "HARM_CATEGORY_FUN"`,
      'safety_settings[0].category',
    ],
    [
      { contents, safetySettings: [{ threshold: 'NEVER' }] },
      `Invalid value at 'safety_settings[0].threshold' (${typed}.SafetySetting.HarmBlockThreshold), "NEVER"`,
      'safety_settings[0].threshold',
    ],
    [
      { contents, toolConfig: { functionCallingConfig: { mode: 'REQUIRED' } } },
      `Invalid value at 'tool_config.function_calling_config.mode' (${typed}.FunctionCallingConfig.Mode), "REQUIRED"`,
      'tool_config.function_calling_config.mode',
    ],
    [
      { contents, generationConfig: { responseSchema } },
      '* GenerateContentRequest.generation_config.response_mime_type: it must be application/json where there is a schema of the answer.\n',
      undefined,
    ],
    [{}, '* GenerateContentRequest.contents: contents is not specified\n', undefined],
    [
      { contents: [...contents, { role: 'model', parts: [] }] },
      '* GenerateContentRequest.contents[1].parts: contents.parts must not be empty.\n',
      undefined,
    ],
    [
      { contents: [{ parts: [{ thought: true }] }] },
      "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one initialized field\n",
      undefined,
    ],
    [
      { contents: [{ role: 'assistant', parts: [{ text: 'hello' }] }] },
      'Please use a valid role: user, model.',
      undefined,
    ],
    [
      { contents: [...contents, { role: 'user', parts: [result({})] }] },
      'Please ensure that function response turn comes immediately after a function call turn.',
      undefined,
    ],
    [
      { contents, generationConfig: { temperature: 2.5 } },
      '* GenerateContentRequest.generation_config.temperature: the value is 2.5, and must be from 0 to 2.\n',
      undefined,
    ],
    [
      { contents, tools: [{ functionDeclarations: [{ name: '7 up' }] }] },
      '* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name. It begins with a letter or an underscore.\n',
      undefined,
    ],
  ])('is refused where it says %j', (body, message, field) => {
    const { details, ...error } = refused(body)
    expect(error).toEqual({ code: 400, message, status: 'INVALID_ARGUMENT' })
    const type = 'type.googleapis.com/google.rpc.BadRequest'
    const where = field === '' ? {} : { field }
    expect(details).toEqual(
      field === undefined
        ? undefined
        : [{ '@type': type, fieldViolations: [{ ...where, description: message }] }],
    )
  })

  it('must answer each call', () => {
    const turns = [...contents, { role: 'model', parts: [call, call] }]
    const one = refused({ contents: [...turns, { role: 'user', parts: [result({})] }] })
    expect(one['message']).toMatch(/as many function response parts/)
    const both = { role: 'user', parts: [result({}), result({})] }
    expect(understood({ contents: [...turns, both] }).messages.at(-1)?.role).toBe('tool')
  })

  it('is refused by Vertex AI in its own words', () => {
    expect(refused({}, vertex)['message']).toBe(
      'Unable to submit request because of contents: contents is not specified',
    )
    expect(refused({ contents: [7] }, vertex)['message']).toContain('google.cloud.aiplatform')
    expect(refused({ contents: [{ parts: [{ text: 'hello' }] }] }, vertex)['message']).toBe(
      'Please use a valid role: user, model.',
    )
  })
})
