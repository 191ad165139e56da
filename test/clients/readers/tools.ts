/** The tools that readers offer, as JSON Schema, for each to put into its vendor's form. */

interface Offered {
  readonly name: string
  readonly description: string
  readonly parameters: {
    readonly type: 'object'
    readonly properties: Readonly<Record<string, { readonly type: 'string' }>>
    readonly required: string[]
  }
}

export const tools: readonly Offered[] = [
  offered('get_weather', 'city'),
  offered('get_time', 'zone'),
]

function offered(name: string, parameter: string): Offered {
  return {
    name,
    description: `Tells what is asked of a ${parameter}`,
    parameters: {
      type: 'object',
      properties: { [parameter]: { type: 'string' } },
      required: [parameter],
    },
  }
}
