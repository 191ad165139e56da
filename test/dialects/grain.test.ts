import fc from 'fast-check'
import { countTokens as trueCount } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, it } from 'vitest'
import type { Grain } from '../../src/core/dialect.ts'
import { countTokens, cutText } from '../../src/dialects/grain.ts'

const grains: Grain[] = ['character', 'token', 'word', 'phrase', 'paragraph', 'whole']

const prose = `The harbour was quiet when the first boats came back, and nobody on the quay expected
anything out of the ordinary. It's a small town, after all; people don't hurry, and the weather
decides most things. By seven o'clock the fishmonger had opened her shutters, counted 240 crates of
mackerel, and complained about the price of diesel to everyone who would listen. "They'll raise it
again before winter," she said, "and then what?" Her brother shrugged. He had heard the same
prediction every autumn since 1998, and although it was usually right, he couldn't see the point of
worrying twice. Meanwhile the children were already inventing an investigation: somebody had
painted a lighthouse on the schoolroom window, remarkably well, without leaving a single footprint.`

const answer = `Of course! Here are a few things you can try:

1. **Restart the router.** Unplug it, wait 30 seconds, and plug it back in.
2. **Check the cable.** A loose connector is the most common reason for an unstable connection.
3. **Update the firmware.** Open http://192.168.0.1 in your browser and look for "Maintenance".

If none of this helps, let me know which model you have and I'll look for specific instructions.`

const code = `export async function fetchUser(id: string, options: RequestOptions = {}) {
  const response = await fetch(\`\${baseUrl}/users/\${encodeURIComponent(id)}\`, options)
  if (!response.ok) {
    throw new HttpError(response.status, await response.text())
  }
  const { firstName, lastName, createdAt } = await response.json()
  return { name: \`\${firstName} \${lastName}\`, createdAt: new Date(createdAt) }
}
`

const json = JSON.stringify({
  id: 'order-20931',
  customer: { name: 'Ada Lovelace', email: 'ada@example.com' },
  items: [
    { sku: 'A-1001', quantity: 2, price: 19.99 },
    { sku: 'B-2040', quantity: 1, price: 5.5 },
  ],
  shipped: false,
})

const chinese =
  '今天天气很好,我们决定去公园散步。路上遇到了一位老朋友,他正在学习弹吉他。我们聊了很久,约好下周一起吃饭,然后各自回家。'
const japanese =
  '今日はとても天気がよかったので、公園まで散歩に行きました。途中で昔の友だちに会って、長いあいだ話をしました。'
const russian =
  'Сегодня была прекрасная погода, и мы решили прогуляться по парку. По дороге встретили старого друга, который учится играть на гитаре.'

/** `within` is how far the count may be from the real tokenizer's, as a share of it. */
const samples = [
  { name: 'English prose', text: prose, within: 0.15 },
  { name: 'an assistant answer', text: answer, within: 0.15 },
  { name: 'source code', text: code, within: 0.15 },
  { name: 'JSON', text: json, within: 0.15 },
  { name: 'Chinese', text: chinese, within: 0.15 },
  { name: 'Japanese', text: japanese, within: 0.15 },
  { name: 'Russian', text: russian, within: 0.15 },
]

describe('countTokens', () => {
  it('counts what cutText cuts, be the text long or short', () => {
    const any = fc.string({ unit: 'grapheme', maxLength: 300 })
    const plain = fc.string({ maxLength: 300 }).map((text) => text.repeat(2))
    fc.assert(
      fc.property(fc.oneof(any, plain), (text) => {
        expect(countTokens(text)).toBe(cutText(text, 'token').length)
      }),
    )
  })

  it('counts plain ASCII as it is cut, whatever stands beside what', () => {
    const unit = fc.constantFrom(..."aBzZ09 \t\n\r.,'(-slmdtrev\u0001")
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        expect(countTokens(text)).toBe(cutText(text, 'token').length)
      }),
      { numRuns: 3000 },
    )
  })

  it.each(samples)('comes near the real tokenizer for $name', ({ text, within }) => {
    const real = trueCount(text)
    expect(Math.abs(countTokens(text) - real) / real).toBeLessThanOrEqual(within)
  })
})

/** Letters, marks, emoji families, flags, line ends: everything that a cut could part. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '👨‍👩‍👧‍👦',
        '🇳🇱🇯🇵',
        'e\u0301',
        'नमस्ते',
        '한국어',
        'ก็',
        '\r\n',
        '  ',
        'word',
        '…',
        '今日は',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))

/** Every index of the text at which a grapheme cluster begins. */
function clusterStarts(text: string): Set<number> {
  const segments = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)
  return new Set(Array.from(segments, ({ index }) => index))
}

describe('cutText', () => {
  it.each(grains)('gives pieces by %s that are never empty and join to the text', (grain) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const pieces = cutText(text, grain)
        expect(pieces.join('')).toBe(text)
        expect(pieces).not.toContain('')
      }),
    )
  })

  it.each(grains)('never cuts by %s inside a grapheme cluster', (grain) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const starts = clusterStarts(text)
        let at = 0
        for (const piece of cutText(text, grain)) {
          expect(starts.has(at)).toBe(true)
          at += piece.length
        }
      }),
    )
  })

  it.each(['⺀\r\n', `${'!'.repeat(14)}\r\n`, `${'!'.repeat(13)}\r\n!`])(
    'keeps CR and LF together after signs, in %j',
    (text) => {
      for (const grain of grains) expect(cutText(text, grain)).not.toContain('\n')
    },
  )

  it('gives nothing for an empty text', () => {
    expect(grains.flatMap((grain) => cutText('', grain))).toEqual([])
  })

  it('cuts English the way token streams look, with the space before the word', () => {
    expect(cutText('I am an AI language model, created by OpenAI.', 'token')).toEqual([
      'I',
      ' am',
      ' an',
      ' AI',
      ' language',
      ' model',
      ',',
      ' created',
      ' by',
      ' Open',
      'AI',
      '.',
    ])
  })

  it('gives tokens of about the length that recorded streams have', () => {
    const pieces = cutText(prose, 'token')
    expect(prose.length / pieces.length).toBeGreaterThan(4)
    expect(prose.length / pieces.length).toBeLessThan(5.5)
  })

  it('cuts words with their spaces, and signs stay with the word', () => {
    expect(cutText('Well,  it works!\nDoes it?', 'word')).toEqual([
      'Well,',
      '  it',
      ' works!\n',
      'Does',
      ' it?',
    ])
  })

  it('begins phrases with a short one and ends each at a word', () => {
    const pieces = cutText(prose, 'phrase')
    expect(pieces[0]).toBe('The')
    const lengths = pieces.slice(1, -1).map((piece) => piece.length)
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(11)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(49 + 15)
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) expect(`${pieces[i - 1]}|${piece}`).toMatch(/\s\||\|\s/)
    }
  })

  it('cuts paragraphs of 107 to 279 characters, at the end of a sentence where there is one', () => {
    const pieces = cutText(prose, 'paragraph')
    for (const piece of pieces.slice(0, -1)) {
      expect(piece.length).toBeGreaterThanOrEqual(107)
      expect(piece.length).toBeLessThanOrEqual(279)
    }
  })

  it('gives one piece for the whole, and one a grapheme for characters', () => {
    expect(cutText('a👨‍👩‍👧‍👦\r\n', 'character')).toEqual(['a', '👨‍👩‍👧‍👦', '\r\n'])
    expect(cutText('a b c', 'whole')).toEqual(['a b c'])
  })

  it('gives the same cuts again after a thousand other texts', () => {
    const before = [...cutText(answer, 'phrase')]
    for (let i = 0; i < 1000; i++) cutText(`${i} ${prose}`, 'token')
    expect(cutText(answer, 'phrase')).toEqual(before)
  })
})
