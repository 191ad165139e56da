/** Made-up names, places and numbers for templates; the same seed invents the same. */
import type { Faker } from '@faker-js/faker'
import type { Random } from '../core/random.ts'

/** Dates are drawn from a fixed span, since the day on which a test runs must not matter. */
const dates = { from: '2025-01-01T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z' }

const inventions: Readonly<Record<string, (faker: Faker) => string | number>> = {
  name: (faker) => faker.person.fullName(),
  firstName: (faker) => faker.person.firstName(),
  lastName: (faker) => faker.person.lastName(),
  jobTitle: (faker) => faker.person.jobTitle(),
  email: (faker) => faker.internet.email(),
  username: (faker) => faker.internet.username(),
  url: (faker) => faker.internet.url(),
  ip: (faker) => faker.internet.ipv4(),
  phone: (faker) => faker.phone.number(),
  company: (faker) => faker.company.name(),
  product: (faker) => faker.commerce.productName(),
  price: (faker) => faker.commerce.price(),
  city: (faker) => faker.location.city(),
  country: (faker) => faker.location.country(),
  street: (faker) => faker.location.streetAddress(),
  zip: (faker) => faker.location.zipCode(),
  color: (faker) => faker.color.human(),
  word: (faker) => faker.lorem.word(),
  words: (faker) => faker.lorem.words(),
  sentence: (faker) => faker.lorem.sentence(),
  paragraph: (faker) => faker.lorem.paragraph(),
  uuid: (faker) => faker.string.uuid(),
  number: (faker) => faker.number.int({ min: 0, max: 1000 }),
  boolean: (faker) => String(faker.datatype.boolean()),
  date: (faker) => faker.date.between(dates).toISOString().slice(0, 10),
  time: (faker) => faker.date.between(dates).toISOString(),
}

export const fakeNames: readonly string[] = Object.keys(inventions)

let loaded: Faker | undefined

/** Must be awaited before `fakeScope` is used; only templates that name `fake` pay for it. */
export async function loadFaker(): Promise<void> {
  loaded ??= (await import('@faker-js/faker/locale/en')).faker
}

/** `fake` for the templates of one reply: each mention invents anew, in the order of mention. */
export function fakeScope(random: Random): object {
  const faker = loaded
  if (!faker) return {}
  let isSeeded = false
  const properties = fakeNames.map((name): [string, PropertyDescriptor] => [
    name,
    {
      enumerable: true,
      get() {
        // Rendering is synchronous, so that no other reply can seed in between.
        if (!isSeeded) faker.seed(Math.floor(random.next() * 0xffffffff))
        isSeeded = true
        return inventions[name]?.(faker)
      },
    },
  ])
  return Object.defineProperties({}, Object.fromEntries(properties))
}
