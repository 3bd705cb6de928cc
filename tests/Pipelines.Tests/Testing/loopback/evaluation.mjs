// The values of objects.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { define } from './definitions.mjs'
import { decode, encode, plaintextOf } from './objects.mjs'
import { container, directory, exportTo, file, list } from './files.mjs'

function finish(call, answered) {
  if (call.value !== undefined || call.error) throw new Error('the call was answered before')
  Object.assign(call, answered)
  return null
}

const callOnly = context => {
  if (context.call.parentName === undefined) throw new Error('no function call is current')
  return context.call
}

export const evaluators = {
  'Query.version': (_, __, { call }) => call.version,
  'Query.currentFunctionCall': (_, __, context) => callOnly(context) && { type: 'FunctionCall' },
  'FunctionCall.parentName': (_, __, context) => callOnly(context).parentName,
  'FunctionCall.name': (_, __, context) => callOnly(context).name ?? '',
  'FunctionCall.parent': (_, __, context) => callOnly(context).parent ?? 'null',
  'FunctionCall.inputArgs': (_, __, context) =>
    (callOnly(context).inputArgs ?? []).map(values => ({ type: 'FunctionCallArgValue', values })),
  'FunctionCall.returnValue': (_, { value }, context) => {
    JSON.parse(value)
    return finish(callOnly(context), { value })
  },
  'FunctionCall.returnError': (_, { error }, context) => finish(callOnly(context), { error: define(decode(error)) }),
  'CurrentModule.name': (_, __, { call }) => call.module,

  'Container.stdout': async (self, _, context) => (await container(self, context)).stdout,
  'Container.stderr': async (self, _, context) => (await container(self, context)).stderr,
  'Container.exitCode': async (self, _, context) => (await container(self, context)).exitCode,
  'Container.envVariable': async (self, { name }, context) => (await container(self, context)).env[name] ?? null,
  'Container.sync': async (self, _, context) => (await container(self, context), encode(self)),
  'Container.publish': async (self, { address }, context) => {
    await container(self, context)
    return `${address}@sha256:${createHash('sha256').update(encode(self)).digest('hex')}`
  },
  'Directory.sync': async (self, _, context) => (await directory(self, context), encode(self)),
  'Directory.entries': async (self, { path }, context) =>
    readdirSync(`${await directory(self, context)}/${path ?? ''}`, { withFileTypes: true })
      .map(e => e.name + (e.isDirectory() ? '/' : '')).sort(),
  'Directory.glob': async (self, { pattern }, context) => list(await directory(self, context), [pattern]),
  'Directory.export': async (self, { path }, context) => exportTo(await directory(self, context), path),
  'File.contents': async (self, _, context) => readFileSync(await file(self, context), 'utf8'),
  'File.name': async (self, _, context) => basename(await file(self, context)),
  'File.size': async (self, _, context) => statSync(await file(self, context)).size,
  'File.export': async (self, { path }, context) => exportTo(await file(self, context), path),
  'File.sync': async (self, _, context) => (await file(self, context), encode(self)),
  'Secret.plaintext': self => plaintextOf(self),
  'Secret.name': self => self.args.name ?? '',
}
