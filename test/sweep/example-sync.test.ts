import { expect, test } from 'vitest'
import { openReply, type SweptParser, sweep } from '../../src/index.ts'

const reply = await openReply({
  scenario: { rules: [{ reply: [{ text: ['Hello', ' world', '!'] }] }] },
  dialect: 'chatapi',
})

/** The parser under test: knows nothing of HTTP, and is handed all chunks at once. */
const parse: SweptParser = (chunks, ending) => {
  const body = Buffer.concat(chunks.map(({ bytes }) => bytes)).toString()
  const lines = body.split('\n').filter((line) => line.startsWith('data:'))
  if (ending !== 'end' || lines.at(-1) !== 'data:[DONE]') throw new Error('cut off')
  return lines
    .slice(0, -1)
    .map((line) => JSON.parse(line.slice('data:'.length)).content)
    .join('')
}

test('the parser is right wherever a chunk or the stream ends', () => {
  for (const variant of sweep(reply, { only: ['split', 'slice', 'merge', 'cut'] })) {
    const { isRight, verdict } = variant.runSync(parse)
    expect(isRight, `${variant}: ${verdict}`).toBe(true)
  }
})
