// A loopback engine: answers GraphQL by the engine's real schema, which is given as a file, and plays the part of the
// engine towards modules. What the schema refuses is refused. Containers run their commands as processes of this machine,
// without isolation. Usage: node engine.mjs SCHEMA GRAPHQL_FOLDER — prints {"port","session_token"}, ends with its stdin.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { define } from './definitions.mjs'
import { decode, encode, keepSecret, step } from './objects.mjs'
import { evaluators } from './evaluation.mjs'

const [schemaFile, graphqlFolder] = process.argv.slice(2)
const graphql = createRequire(graphqlFolder + '/')('graphql')
const schema = graphql.buildSchema(readFileSync(schemaFile, 'utf8'))
const calls = new Map()
const session = { token: randomUUID(), module: '', requests: [], version: process.env.LOOPBACK_VERSION || 'v0.21.7' }
calls.set(session.token, session)

const nameOf = type => graphql.getNamedType(type).name
const isObject = type => graphql.isCompositeType(graphql.getNamedType(type))

// An argument that expects an object must have the id of one of that type.
function checkIds(field, args) {
  for (const argument of field.args) {
    const directive = argument.astNode?.directives?.find(d => d.name.value === 'expectedType')
    const expected = directive?.arguments[0].value.value
    for (const id of expected ? [args[argument.name]].flat().filter(v => v != null) : []) {
      const type = decode(id).type
      if (type !== expected) throw new Error(`${field.name}: ${argument.name} expects the id of a ${expected}, not of a ${type}`)
    }
  }
}

function resolve(source, args, context, info) {
  const parent = info.parentType.name
  const field = info.parentType.getFields()[info.fieldName]
  checkIds(field, args)
  if (source?.values) return source.values[field.name]
  if (parent === 'Query' && field.name === 'node') return decode(args.id)
  if (parent === 'Query' && field.name === 'setSecret') args = { name: keepSecret(args.name, args.plaintext) }
  const self = parent === 'Query' ? null : source
  const evaluate = evaluators[`${parent}.${field.name}`]
  if (evaluate) return evaluate(self, args, context)
  if (field.name === 'id') return encode(self)
  if (isObject(field.type) && !graphql.isListType(graphql.getNullableType(field.type))) return step(nameOf(field.type), self, field.name, args)
  throw new Error(`the loopback engine does not evaluate ${parent}.${field.name}`)
}

async function answer(call, query) {
  call.requests.push(query)
  const document = graphql.parse(query)
  const faults = graphql.validate(schema, document)
  if (faults.length) return { errors: faults }
  return graphql.execute({
    schema, document, contextValue: { call, port: server.address().port, schema },
    fieldResolver: resolve, typeResolver: value => value.type,
  })
}

function control(path, body) {
  switch (path) {
    case '/control/call': {
      const token = randomUUID()
      calls.set(token, { token, version: session.version, requests: [], ...body })
      return { token }
    }
    case '/control/answer': {
      const { value, error, requests } = calls.get(body.token)
      return { value, error, requests }
    }
    case '/control/describe':
      return define(decode(body.id))
    case '/control/validate': {
      const faults = graphql.validate(schema, graphql.parse(body.query))
      return { faults: faults.map(f => f.message) }
    }
  }
}

const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const token = Buffer.from((request.headers.authorization || '').slice('Basic '.length), 'base64').toString().split(':')[0]
  const call = calls.get(token)
  if (!call) return response.writeHead(401).end()
  if (call.hangUpAfter !== undefined && call.requests.length >= call.hangUpAfter) return request.socket.destroy()
  let result
  try {
    const body = JSON.parse(Buffer.concat(chunks).toString())
    result = request.url === '/query' ? await answer(call, body.query) : control(request.url, body)
  } catch (e) {
    result = { errors: [{ message: String(e.message) }] }
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result))
})
server.requestTimeout = 0
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, session_token: session.token })))
process.stdin.resume().on('end', () => process.exit(0))
