import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plotOf, readableBuckets } from '../../src/recording/look/plot.ts'
import { renderSvg, svgBins } from '../../src/recording/look/plot-svg.ts'
import { type PlotStyle, plotBins, renderPlot } from '../../src/recording/look/plot-text.ts'
import { sampleOf } from '../../src/recording/look/sample.ts'
import { ticks } from '../../src/recording/look/scale.ts'
import { delta, openAi, type Taped, taped } from './taped.ts'

const chunks = [100, 120, 140, 1900, 1950].map((atMs) => [atMs, delta('word ')] as const)
const recording = taped(chunks, {
  headMs: 50,
  endMs: 2000,
  ending: 'reset',
  dialect: 'openai-chat',
})
const plain: PlotStyle = { columns: 80, unicode: false, color: false }

function drawn(style: PlotStyle): string[] {
  const plot = plotOf(recording, openAi, plotBins(style))
  return plot ? [...renderPlot(plot, style)] : []
}

describe('a plot for the terminal', () => {
  it('has a column for each slice of the time, the marks below, and a bar for each range of gaps', () => {
    const lines = drawn({ ...plain, columns: 59 })
    expect(lines).toEqual([
      'taped.jsonl',
      'openai-chat, 200, 2 s, 40 ms a column',
      '',
      '     122    #',
      '            #',
      '           ##                                           ##',
      '   bytes   ##                                           ##',
      '       2    #',
      '  frames   ##                                           ##',
      '         +------------------------+-----------------------+',
      '         0 s                      1 s',
      '          HF~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ E',
      '         H head 50 ms   F first content 100 ms',
      '         E reset 2 s   ~ 1 stall, the longest 1.76 s',
      '',
      'gaps between deltas: p50, p90, p99 = 35, 1,247, 1,709 ms',
      '     20 to 50 ms        2   50 %  #########################',
      '    50 to 100 ms        1   25 %  #############',
      '   100 to 200 ms        0  0.0 %',
      '   200 to 500 ms        0  0.0 %',
      '   500 ms to 1 s        0  0.0 %',
      '        1 to 2 s        1   25 %  #############',
    ])
  })

  it.each([40, 80, 132])('keeps to %i columns, in plain ASCII or in blocks', (columns) => {
    for (const unicode of [true, false]) {
      const lines = drawn({ columns, unicode, color: false })
      for (const line of lines) {
        expect(line.length).toBeLessThanOrEqual(columns)
      }
      if (!unicode) expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/)
    }
  })

  it('writes colours only where they are wanted', () => {
    expect(drawn(plain).join('')).not.toContain('\u001b')
    expect(drawn({ ...plain, color: true }).join('')).toContain('\u001b[36m')
  })

  it('does not exist where the times are lost', () => {
    expect(plotOf(taped(chunks, { lost: ['times'] }), openAi, 10)).toBeUndefined()
  })
})

describe('a plot as SVG', () => {
  const svgOf = (options: Taped, texts: readonly string[] = ['word ']): string => {
    const plot = plotOf(
      taped(
        texts.map((text, at) => [at * 30, delta(text)] as const),
        options,
      ),
      openAi,
      svgBins,
    )
    return plot ? renderSvg(plot) : ''
  }

  it('is well-formed XML with a title, whatever the file is called and however it ends', () => {
    const ending = fc.constantFrom('end', 'close', 'reset', 'client-left', undefined)
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        ending,
        fc.array(fc.string(), { maxLength: 5 }),
        (file, end, texts) => {
          const svg = svgOf({ file, ending: end }, texts)
          expect(mistakeInXml(svg)).toBeUndefined()
          expect(svg).toMatch(/^<svg [^>]*role="img" aria-labelledby="plot-title plot-text"/)
        },
      ),
      { numRuns: 10 },
    )
  })

  it('says in words what it shows', () => {
    const svg = renderSvg(plotOf(recording, openAi, svgBins) ?? expect.fail('there are times'))
    expect(svg).toContain(
      '<title id="plot-title">taped.jsonl</title>'.replace('</title>', ' (openai-chat)</title>'),
    )
    expect(svg).toContain('TTFT 100 ms')
    expect(svg).toContain('reset after 2 s')
    expect(svg).toContain('1 stall.')
    expect(svg).toContain('prefers-color-scheme:dark')
    expect(svg.match(/class="stall"/g)).toHaveLength(1)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })
})

/** Elements that are not closed, stray brackets and ampersands, characters that XML does not have. */
function mistakeInXml(xml: string): string | undefined {
  const open: string[] = []
  const rest = xml.replaceAll(
    /<(\/?)([a-z]+)((?: [\w:-]+="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*)(\/?)>/g,
    (_, close, name, __, isEmpty) => {
      if (close !== '') {
        if (open.pop() !== name) open.push(`</${name}>`)
      } else if (isEmpty === '') open.push(name)
      return ''
    },
  )
  if (open.length > 0) return `not closed: ${open.join()}`
  return /[<>]|&(?!(?:amp|lt|gt|quot);)|[^\P{Cc}\t\n\r]|\p{Cs}|[\uFFFE\uFFFF]/u.exec(rest)?.[0]
}

it('ranges of gaps hold every gap once', () => {
  const gaps = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), {
    minLength: 1,
    maxLength: 50,
  })
  fc.assert(
    fc.property(gaps, (values) => {
      const buckets = readableBuckets(sampleOf(values))
      expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(values.length)
      for (const { fromMs, toMs, count } of buckets) {
        expect(values.filter((value) => value >= fromMs && value < toMs)).toHaveLength(count)
      }
    }),
  )
})

it('marks of an axis are round, and not more than can be read', () => {
  expect(ticks(1811, 5)).toEqual([0, 500, 1000, 1500])
  expect(ticks(0.3, 3)).toEqual([0, 0.1, 0.2, 0.3])
  expect(ticks(0, 5)).toEqual([0])
})
