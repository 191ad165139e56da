/** Scenario texts with one mistake each: where it must be reported, and what must be said of it. */

export interface Malformed {
  readonly text: string
  /** `line:column` */
  readonly at: string
  readonly says: string
}

const rule = (body: string): string => `rules:\n  - ${body.replaceAll('\n', '\n    ')}\n`

const when = (body: string): string => rule(`when: ${body}\nreply: hi`)

const reply = (body: string): string => rule(`reply: ${body}`)

const step = (body: string): string => rule(`reply:\n  - ${body}`)

const pacing = (body: string): string => `pacing: ${body}\n${rule('reply: hi')}`

const fault = (body: string): string => rule(`reply: hi\nfaults:\n  - ${body}`)

const top = (line: string): string => `${line}\n${rule('reply: hi')}`

type Row = [text: string, at: string, says: string]

const syntax: Row[] = [
  ['', '1:1', 'the file is empty: a mapping of keys and values is expected'],
  [
    '# nothing but a comment\n',
    '1:1',
    'the file is empty: a mapping of keys and values is expected',
  ],
  ['rules:\n\t- reply: hi\n', '2:1', 'YAML: a tab cannot indent; use spaces'],
  ['rules:\n  - reply: "hi\n', '2:12', 'YAML: this quote is never closed'],
  [
    'rules:\n  - reply: one: two\n',
    '2:12',
    'YAML: a mapping cannot begin within a value; quote a text that',
  ],
  ['rules: [\n', '2:1', 'YAML: flow sequence in block collection must be sufficiently'],
  ['name: a\nname: b\n', '2:1', 'the key "name" is written twice; keep one'],
  [rule('reply: a\nreply: b'), '3:5', 'the key "reply" is written twice; keep one'],
  [
    'rules:\n  - reply: @hi\n',
    '2:12',
    'YAML: a text cannot begin with this character; put it in quotes',
  ],
  [
    'rules:\n  - reply: "\\q"\n',
    '2:13',
    'YAML: this escape is unknown in double quotes; double the',
  ],
  ['rules:\n  - reply: *greeting\n', '2:12', 'YAML: no anchor &greeting stands before this alias'],
  [
    `${rule('reply: a')}---\n${rule('reply: b')}`,
    '3:1',
    'YAML: a second document begins here; a file holds one, so put',
  ],
  ['rules:\n  - reply: !secret hi\n', '2:12', 'YAML: unresolved tag: !secret'],
  [
    "rules:\n  - reply: 'it's'\n",
    '2:16',
    'YAML: the value has ended before this; put all of it in quotes,',
  ],
]

const shapes: Row[] = [
  ['just a text', '1:1', 'expected a mapping, found "just a text"'],
  ['- reply: hi\n', '1:1', 'expected a mapping, found a list'],
  ['42\n', '1:1', 'expected a mapping, found 42'],
  ['name: lonely\n', '1:1', '"rules" is missing: the list of what is answered'],
  ['rules:\n', '1:1', 'expected a list, found nothing'],
  ['rules: []\n', '1:8', 'rules must not be empty'],
  ['rules: hello\n', '1:8', 'expected a list, found "hello"'],
  ['rules:\n  - hello\n', '2:5', 'expected a mapping, found "hello"'],
  ['rules:\n  - name: a\n', '2:5', '"reply" is missing: a text, a mapping or a list of steps'],
  [top('sede: 7'), '1:1', 'unknown key "sede"; did you mean "seed"?'],
  [top('foo: 7'), '1:1', 'unknown key "foo"; did you mean "now"?'],
  [top('seed: seven'), '1:7', 'expected a number, found "seven"'],
  [top('seed: 1.5'), '1:7', 'expected a whole number, found 1.5'],
  [top('name: ""'), '1:7', 'name must not be empty'],
  [top('name: [a]'), '1:7', 'expected a text, found a list'],
  [top('now: yesterday'), '1:6', 'expected "real" or a time such as 2026-01-01T00:00:00Z, found'],
  [
    top('now: 2026-02-30T00:00:00'),
    '1:6',
    'expected "real" or a time such as 2026-01-01T00:00:00Z, found',
  ],
  [top('models: gpt-4o'), '1:9', 'expected a list, found "gpt-4o"'],
  [top('models: []'), '1:9', 'models must not be empty'],
  [top('auth: secret'), '1:7', 'expected a mapping with keys, found "secret"'],
  [top('auth: {}'), '1:7', '"keys" is missing: a list'],
  [top('auth: { keys: [] }'), '1:15', 'keys must not be empty'],
  [top('auth: { keys: [{ models: [a] }] }'), '1:16', '"key" is missing: a text'],
  [
    top('auth: { keys: [{ key: a, model: b }] }'),
    '1:26',
    'unknown key "model"; did you mean "models"?',
  ],
  [
    top('auth: { keys: [{ key: a, dialects: [opnai-chat] }] }'),
    '1:37',
    'unknown dialect "opnai-chat"; did you mean "openai-chat"?',
  ],
  [
    top('models: [gpt-4o]\nauth: { keys: [{ key: a, models: [gpt-4] }] }'),
    '2:35',
    '"gpt-4" is not among `models`; did you mean "gpt-4o"?',
  ],
  [top('dialects: openai-chat'), '1:11', 'expected a list, found "openai-chat"'],
  [
    top('dialects: [opnai-chat]'),
    '1:12',
    'unknown dialect "opnai-chat"; did you mean "openai-chat"?',
  ],
  [
    top('dialects: [./missing.yaml]'),
    '1:12',
    'cannot read missing.yaml: ENOENT: no such file or directory',
  ],
  [
    top('dialects: [{ name: mine, routs: [] }]'),
    '1:26',
    'unknown key "routs"; did you mean "routes"?',
  ],
]

const rules: Row[] = [
  [
    `${rule('name: rule 2\ntimes: 1\nreply: x')}  - reply: y\n`,
    '2:11',
    'another rule is named "rule 2"',
  ],
  [rule('reply: hi\ntime: 2'), '3:5', 'unknown key "time"; did you mean "times"?'],
  [rule('reply: hi\ntimes: 0'), '3:12', 'expected a number of at least 1, found 0'],
  [rule('reply: hi\ntimes: often'), '3:12', 'expected a number, found "often"'],
  [rule('reply: hi\ntimes: 2.5'), '3:12', 'expected a whole number, found 2.5'],
  [rule('reply: hi\nstate: done'), '3:12', 'expected a mapping with from, to, found "done"'],
  [rule('reply: hi\nstate: {}'), '3:12', 'state needs from, to or both'],
  [rule('reply: hi\nstate: { form: start }'), '3:14', 'unknown key "form"; did you mean "from"?'],
  [
    rule('reply: hi\nstate: { from: asked }'),
    '3:20',
    'no rule leads to the state "asked"; known are start',
  ],
  [
    rule('reply: hi\nstate: { from: [start, aksed], to: asked }'),
    '3:28',
    'no rule leads to the state "aksed"; did you mean "asked"?',
  ],
  [
    `${rule('name: a\ntimes: 1\nreply: x')}  - name: a\n    reply: y\n`,
    '5:11',
    'another rule is named "a"; names must differ',
  ],
  [
    `${rule('name: all\nreply: x')}  - when: { user: hi }\n    reply: y\n`,
    '4:5',
    'this rule is never reached: "all" before it answers everything',
  ],
]

const matchers: Row[] = [
  [when('hello'), '2:11', 'expected a mapping, found "hello"'],
  [when('\n'), '2:5', 'expected a mapping, found nothing'],
  [when('{ usr: hi }'), '2:13', 'unknown key "usr"; did you mean "user"?'],
  [when('{ user: { contain: hi } }'), '2:21', 'unknown key "contain"; did you mean "contains"?'],
  [when('{ user: {} }'), '2:19', 'expected a value, a list of values or conditions, found an'],
  [
    when('{ user: { ignoreCase: true } }'),
    '2:19',
    'a matcher needs a condition: equals, contains, matches, glob,',
  ],
  [when('{ user: [] }'), '2:19', 'expected a value, a list of values or conditions, found an'],
  [when("{ user: { matches: '(' } }"), '2:30', 'not a regular expression: unterminated group'],
  [
    when("{ user: { not: { matches: '[z-a]' } } }"),
    '2:37',
    'not a regular expression: range out of order in character class',
  ],
  [when('{ user: { matches: 7 } }'), '2:30', 'expected a text, found 7'],
  [when('{ user: { exists: maybe } }'), '2:29', 'expected true or false, found "maybe"'],
  [when('{ dialect: [anthropc] }'), '2:23', 'unknown dialect "anthropc"; did you mean "anthropic"'],
  [when('{ stream: 1 }'), '2:21', 'expected true or false, found 1'],
  [when('{ turn: first }'), '2:19', 'expected a number, a list or a range, found "first"'],
  [when('{ turn: -1 }'), '2:19', 'expected a number, a list or a range, found -1'],
  [when('{ turn: { min: 3, max: 2 } }'), '2:19', 'min 3 is above max 2'],
  [when('{ turn: {} }'), '2:19', 'expected a number, a list or a range, found an empty mapping'],
  [when('{ messages: { least: 2 } }'), '2:25', 'unknown key "least"; known are min, max'],
  [when('{ messages: [{ rol: user }] }'), '2:26', 'unknown key "rol"; did you mean "role"?'],
  [when('{ header: x-tenant }'), '2:21', 'expected a mapping, found "x-tenant"'],
  [when('{ header: { x-tenant: { glob: [] } } }'), '2:41', 'expected a text, found an empty list'],
  [
    when('{ body: { metadata.role: a } }'),
    '2:21',
    `not a JSONPath such as $.metadata.role_id: expected '$', found`,
  ],
  [
    when("{ body: { '$.a[': 1 } }"),
    '2:21',
    'not a JSONPath such as $.metadata.role_id: unclosed bracketed',
  ],
  [when('{ state: asked }'), '2:20', 'no rule leads to the state "asked"; known are start'],
]

const replies: Row[] = [
  [reply(''), '2:5', 'expected a text, a mapping or a list of steps, found nothing'],
  [reply('7'), '2:12', 'expected a text, a mapping or a list of steps, found 7'],
  [reply('{}'), '2:12', 'expected a text, a mapping or a list of steps, found an empty'],
  [reply('[]'), '2:12', 'expected a text, a mapping or a list of steps, found an empty'],
  [reply('{ txt: hi }'), '2:14', 'unknown key "txt"; did you mean "text"?'],
  [reply('{ text: 5 }'), '2:20', 'expected a text or a list of texts, found 5'],
  [
    reply('{ text: hi, error: overloaded }'),
    '2:12',
    'text cannot stand beside error; a list of steps can hold them',
  ],
  [
    reply('{ error: rate-limit }'),
    '2:21',
    'unknown value "rate-limit"; did you mean "rate-limited"?',
  ],
  [
    reply('{ error: { message: hi } }'),
    '2:21',
    '"code" is missing: one of invalid-request, context-length,',
  ],
  [
    reply('{ error: { code: overloaded, status: 200 } }'),
    '2:49',
    'expected a number of at least 400, found 200',
  ],
  [
    reply('{ error: { code: rate-limited, retryAfter: soon } }'),
    '2:55',
    'expected a duration such as 250ms, 1.5s or 2m, found "soon"',
  ],
  [
    reply('{ tool: get_weather }'),
    '2:20',
    'expected a mapping with name, arguments, id, found "get_weather"',
  ],
  [reply('{ tool: { arguments: {} } }'), '2:20', '"name" is missing: a text'],
  [
    reply('{ tools: [{ name: f, args: {} }] }'),
    '2:33',
    'unknown key "args"; known are name, arguments, id',
  ],
  [reply('{ usage: { inputTokens: 5 } }'), '2:21', '"outputTokens" is missing: a whole number'],
  [
    reply('{ usage: { inputTokens: -5, outputTokens: 1 } }'),
    '2:36',
    'expected a number of at least 0, found -5',
  ],
  [
    reply('{ text: a, choices: [{ text: b }] }'),
    '2:12',
    'either choices or one answer: move the rest into choices',
  ],
  [reply('{ recording: missing.jsonl }'), '2:25', 'there is no recording at'],
  [
    reply('{ recording: a.jsonl, pacing: fast }'),
    '2:42',
    'expected "recorded", "instant", a factor such as "x2", a',
  ],
  [
    reply('{ text: hi, pacing: instant }'),
    '2:12',
    'pacing here is that of a recording; put it beside `reply` for',
  ],
  [reply('{ status: 999 }'), '2:22', 'expected a number of at most 599, found 999'],
  [reply('{ body: hi }'), '2:12', '"status" is missing'],
  [reply('{ status: 200, headers: { "bad name": x } }'), '2:38', '"bad name" cannot be a key here'],
  [
    reply('{ status: 200, headers: { x-a: "a\\nb" } }'),
    '2:43',
    'expected a text of Latin-1 without line breaks or other control characters, or a number or',
  ],
  [
    reply('{ status: 200, headers: { x-a: ☃ } }'),
    '2:43',
    'expected a text of Latin-1 without line breaks or other control characters, or a number or',
  ],
  [reply('{ status: 200, base64: "?" }'), '2:35', 'expected base64, such as 4pw=, found "?"'],
]

const steps: Row[] = [
  [step('sleep: 1s'), '3:9', 'unknown key "sleep"; known are wait, text, reasoning, refusal,'],
  [
    step('wait: 5 parsecs'),
    '3:15',
    'expected a duration such as 250ms, 1.5s or 2m, found "5 parsecs"',
  ],
  [step('wait: -5'), '3:15', 'expected a duration such as 250ms, 1.5s or 2m, found -5'],
  [step('wait: 900h'), '3:15', 'expected a duration of at most 24h'],
  [step('resett'), '3:9', 'unknown value "resett"; did you mean "reset"?'],
  [step('{}'), '3:9', 'expected a step, found an empty mapping'],
  [
    step('text: hi\n    wait: 5ms'),
    '3:9',
    'one step does one thing: make wait and text steps of their own',
  ],
  [step('choice: 1'), '3:9', 'a step needs one of wait, text, reasoning, refusal, tool,'],
  [step('text: hi\n    choice: -1'), '4:17', 'expected a number of at least 0, found -1'],
  [step('base64: "4p="'), '3:17', 'expected base64, such as 4pw=, found "4p="'],
  [step('reset: { afte: 5ms }'), '3:18', 'unknown key "afte"; did you mean "after"?'],
  [step('hang: { after: 5ms }'), '3:15', 'expected no options, found a mapping'],
  [
    step('end\n  - text: too late'),
    '4:9',
    'this step is never played: the step before it ends the stream',
  ],
  [
    step('error: { code: overlaoded }'),
    '3:24',
    'unknown value "overlaoded"; did you mean "overloaded"?',
  ],
  [step('raw: { a: 1 }'), '3:14', 'expected a text or a list of texts, found a mapping'],
]

const pacings: Row[] = [
  [pacing('gpt-4'), '1:9', 'unknown value "gpt-4"; did you mean "gpt-4o"?'],
  [pacing('{}'), '1:9', 'pacing needs one of profile, head, ttft, itl or burst'],
  [pacing('{ tfft: 5ms }'), '1:11', 'unknown key "tfft"; did you mean "ttft"?'],
  [pacing('{ ttft: slow }'), '1:17', 'expected a duration such as 20ms, or a distribution, found'],
  [pacing('{ itl: { lognormal: { median: 5ms } } }'), '1:29', '"sigma" is missing: a number'],
  [
    pacing('{ itl: { lognorm: { median: 5ms, sigma: 1 } } }'),
    '1:18',
    'unknown key "lognorm"; did you mean "lognormal"?',
  ],
  [
    pacing('{ itl: { fixed: 5ms, exponential: { mean: 2ms } } }'),
    '1:16',
    'a delay is one of fixed, exponential, not several',
  ],
  [
    pacing('{ itl: { max: 5ms } }'),
    '1:16',
    'a delay needs one of fixed, uniform, normal, lognormal,',
  ],
  [pacing('{ itl: { uniform: { min: 5ms, max: 1ms } } }'), '1:27', 'min is above max'],
  [pacing('{ itl: { empirical: [] } }'), '1:29', 'empirical must not be empty'],
  [pacing('{ burst: 1.5 }'), '1:18', 'expected a probability from 0 to 1, or a size, found 1.5'],
  [pacing('{ burst: { size: 0 } }'), '1:26', 'expected a number of at least 1, found 0'],
  [pacing('{ profile: gpt4o, itl: 5ms }'), '1:20', 'unknown value "gpt4o"; did you mean "gpt-4o"?'],
  [
    rule('reply: hi\npacing: { itl: { normal: { mean: 5ms, sd: -1 } } }'),
    '3:47',
    'expected a duration such as 250ms, 1.5s or 2m, found -1',
  ],
]

const faults: Row[] = [
  [rule('reply: hi\nfaults: reset'), '3:13', 'expected a list, found "reset"'],
  [fault('rest: { at: { frame: 4 } }'), '4:9', 'unknown fault "rest"; did you mean "reset"?'],
  [fault('reset: {}'), '4:16', 'at needs a place where it acts: { frame: n }, { byte: n }, {'],
  [fault('reset: { at: { frme: 4 } }'), '4:22', 'unknown place "frme"; did you mean "frame"?'],
  [fault('reset: { at: { frame: -1 } }'), '4:31', 'frame must be a whole number of at least 0'],
  [
    fault('reset: { at: { frame: 1 } }\n    probability: 2'),
    '5:22',
    'probability must be at most 1',
  ],
  [
    rule('reply: hi\nfaults:\n  - garbage: { at: { frame: 1 } }\n  - wrong-length: { by: 5 }'),
    '5:9',
    'garbage and wrong-length: a body is sent in chunks or has a Content-Length, never both',
  ],
  [
    rule('reply: hi\nfaults:\n  - garbage: { at: { frame: 1 } }\n  - goaway: { at: { frame: 1 } }'),
    '5:9',
    'garbage and goaway: the one is for HTTP/1.1 and the other for HTTP/2; no request comes by both',
  ],
  [
    rule('reply: hi\nfaults:\n  - head: { status: 204 }\n  - slice: { bytes: 1 }'),
    '5:9',
    'head and slice: an answer of that status has no body',
  ],
  [
    rule('when: { dialect: ai-sdk-text }\nreply: hi\nfaults: [no-terminator]'),
    '4:14',
    'no-terminator: plain text says nowhere that it is over',
  ],
  [
    rule(
      'when: { dialect: [ai-sdk-text] }\nreply: hi\nfaults:\n  - truncate-json: { at: { frame: 1 } }',
    ),
    '5:9',
    'truncate-json: plain text holds no JSON',
  ],
  [
    rule(
      'when: { dialect: bedrock-converse }\nreply: hi\nfaults:\n  - heartbeats: { every: 1s, count: 2 }',
    ),
    '5:9',
    'heartbeats: an AWS event stream has nothing that could be sent without a meaning',
  ],
  [
    rule(
      'when: { dialect: [ollama] }\nreply: hi\nfaults:\n  - inject: { at: { frame: 1 }, comment: x }',
    ),
    '5:9',
    'inject: neither the dialect nor its framing (ndjson) has a form for comment',
  ],
  [fault('stall: {}'), '4:16', 'stall needs `for`, e.g. { for: 2s }; for silence that never'],
]

const templates: Row[] = [
  [reply("'hello {{ usr }}'"), '2:22', 'unknown variable "usr"; did you mean "user"?'],
  [reply("'hello {{ user'"), '2:12', 'template: output "{{ user" not closed'],
  [reply("'{{ user | upcas }}'"), '2:21', 'unknown filter "upcas"; did you mean "upcase"?'],
  [reply("'{% iff user %}a{% endiff %}'"), '2:16', 'unknown tag "iff"; did you mean "if"?'],
  [
    reply('\'{% include "secret" %}\''),
    '2:16',
    'unknown tag "include"; known are assign, break, capture, case,',
  ],
  [reply("'{{ match.city }}'"), '2:16', '"match.city" is never set: `when` has no `matches`'],
  [
    rule(
      "when: { user: { matches: 'in (?<city>\\w+)' } }\nreply: 'So {{ match.city }} {{ match.citty }}'",
    ),
    '3:36',
    '`matches` has no group "citty"; did you mean "city"?',
  ],
  [
    rule("when: { user: { matches: 'in (\\w+)' } }\nreply: '{{ match[2] }}'"),
    '3:16',
    'there is no group 2: `matches` has 1',
  ],
  [
    reply("{ tool: { name: f, arguments: { a: [1, '{{ fake.nme }}'] } } }"),
    '2:55',
    'unknown variable "fake.nme"; did you mean "name"?',
  ],
  [reply("'{{ request.bdy.x }}'"), '2:16', 'unknown variable "request.bdy"; did you mean "body"?'],
  [
    step('text: |\n        first line\n        {{ turns }}'),
    '5:16',
    'unknown variable "turns"; did you mean "turn"?',
  ],
]

const live: Row[] = [
  [reply('{ upstream: false }'), '2:24', 'expected true or the name of an upstream, found false'],
  [reply('{ tape: tapes }'), '2:12', 'tape says where an upstream is taped to, and "upstream" is'],
  [reply('{ upstream: true, tape: true }'), '2:36', 'expected a folder, or false, found true'],
  [reply('{ upstream: true, tape: a.jsonl }'), '2:36', 'tape is a folder, in which each exchange'],
  [
    reply('{ upstream: true, text: hi }'),
    '2:12',
    'text cannot stand beside upstream: one reply is',
  ],
  [reply('{ missing: next }'), '2:12', 'missing says what happens where no recording answers, and'],
  [reply('{ replay: no-such-folder }'), '2:22', 'there is no recording and no folder at'],
  [reply('{ replay: ., missing: nxt }'), '2:34', 'unknown value "nxt"; did you mean "next"?'],
  [
    reply('{ replay: a.jsonl, missing: tape }'),
    '2:22',
    'missing: tape needs a folder to tape into; this is one recording',
  ],
  [
    reply('{ replay: ., upstream: main }'),
    '2:12',
    'upstream beside replay is who is asked where no recording answers:',
  ],
  [
    `${rule('reply: { replay: . }')}  - reply: never\n`,
    '3:5',
    'this rule is never reached: "rule 1" before it answers',
  ],
  [
    rule('reply: { upstream: true }\nfaults: [{ reset: { at: { fraction: 0.5 } } }]'),
    '3:29',
    'reset: ',
  ],
  [
    rule(
      'reply: { replay: ., missing: upstream }\nfaults:\n  - close: { at: { frame: 1 } }\n  - end: { at: random }',
    ),
    '5:20',
    'end: ',
  ],
  [
    rule('reply: { upstream: true }\npacing: gpt-4o'),
    '3:5',
    'pacing does nothing here: the service sets the pace; a delay,',
  ],
  [
    rule('reply: { replay: . }\npacing: gpt-4o'),
    '3:5',
    'pacing does nothing here: that of a replay stands in the reply,',
  ],
  [top('upstream: example.com'), '1:11', 'is no URL: expected one such as https://api.example.com'],
  [top('upstream: ftp://example.com'), '1:11', 'must be http, https or h2c, as in'],
  [top('upstream: http://me:pass@example.com'), '1:11', 'must hold no user name or password: the'],
  [top('upstream: http://example.com/?a=1'), '1:11', 'must hold no query and no fragment'],
  [
    top('upstreams: [{ name: a }]'),
    '1:13',
    '"url" is missing: a URL such as https://api.example.com',
  ],
  [
    top('upstreams: [{ url: http://a, path: b }]'),
    '1:36',
    'expected a path that begins with /, such as',
  ],
  [
    top('upstreams: [{ url: http://a, dialect: openai-cat }]'),
    '1:39',
    'unknown dialect "openai-cat"; did you mean "openai-chat"?',
  ],
  [
    top('upstreams: [{ url: http://a, name: a }, { url: http://b, name: a }]'),
    '1:64',
    'another upstream is named "a"; names must differ',
  ],
  [
    top('upstream: http://a\nupstreams: [{ url: http://b }]'),
    '2:13',
    'another upstream is for the same requests; give one of them a',
  ],
]

const groups = { live, syntax, shapes, rules, matchers, replies, steps, pacings, faults, templates }

export const malformed: Readonly<Record<string, readonly Malformed[]>> = Object.fromEntries(
  Object.entries(groups).map(([group, rows]) => [
    group,
    rows.map(([text, at, says]) => ({ text, at, says })),
  ]),
)
