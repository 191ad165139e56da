/** The same bytes in other chunks, and the same chunks at other times: a right client sees no difference. */
import type { Layout } from './layout.ts'
import type { Family, Idea } from './variant.ts'

/** So long that what is before a split is read before what is after it, on a socket too. */
const gap = '40ms'

export function splits(layout: Layout): Family[] {
  return [
    { name: 'split', ideas: atEveryByte(layout) },
    {
      name: 'slice',
      ideas: [
        ...(['utf8', 'crlf', 'json', 'everywhere'] as const).map(
          (where): Idea => ({
            place: where,
            fault: [{ slice: { in: where } }],
            expect: 'same',
          }),
        ),
        ...[2, 3, 7, 64].map(
          (bytes): Idea => ({
            place: `${bytes}-bytes`,
            fault: [{ slice: { bytes } }],
            expect: 'same',
          }),
        ),
      ],
    },
    {
      name: 'merge',
      ideas: [2, 3].map((frames) => ({
        place: `${frames}-frames`,
        fault: [{ merge: { frames } }],
        expect: 'same',
      })),
    },
    {
      name: 'merge-all',
      ideas: [{ fault: [{ merge: { frames: layout.frames.length + 1 } }], expect: 'same' }],
    },
    // As a proxy does that hands on its buffer whenever it is full, wherever that is.
    {
      name: 'merge-and-slice',
      ideas: [7, 100].map((bytes) => ({
        place: `${bytes}-bytes`,
        fault: [{ merge: { frames: layout.frames.length + 1 } }, { slice: { bytes } }],
        expect: 'same',
      })),
    },
  ]
}

function atEveryByte({ bodyBytes, borders }: Layout): Idea[] {
  const ideas: Idea[] = []
  for (let byte = 1; byte < bodyBytes; byte++) {
    if (borders.has(byte)) continue
    ideas.push({
      place: `byte-${byte}`,
      size: byte,
      fault: [{ delay: { for: gap, at: { byte } } }],
      expect: 'same',
    })
  }
  return ideas
}
