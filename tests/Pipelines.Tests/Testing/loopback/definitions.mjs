// What a module said about itself, as plain objects.
import { decode, steps } from './objects.mjs'

const kinds = { withScalar: 'SCALAR_KIND', withListOf: 'LIST_KIND', withObject: 'OBJECT_KIND', withEnum: 'ENUM_KIND' }
const of = id => define(decode(id))

function defineType(object) {
  const type = { optional: false, fields: [], functions: [], members: [] }
  for (const { field, args } of steps(object).slice(1)) {
    if ((field === 'withField' || field === 'withFunction' || field === 'withConstructor') && type.kind !== 'OBJECT_KIND')
      throw new Error(`${field} needs an object`)
    if (field === 'withKind') type.kind = args.kind
    else if (kinds[field]) Object.assign(type, { kind: kinds[field], name: args.name, description: args.description })
    if (field === 'withListOf') type.element = of(args.elementType)
    if (field === 'withOptional') type.optional = args.optional
    if (field === 'withField') type.fields.push({ name: args.name, description: args.description, type: of(args.typeDef) })
    if (field === 'withFunction') type.functions.push(of(args.function))
    if (field === 'withConstructor') type.constructor = of(args.function)
    if (field === 'withEnumMember') type.members.push({ name: args.name, value: args.value, description: args.description })
  }
  if (!type.kind) throw new Error('a type without a kind')
  return type
}

function defineFunction(object) {
  const [first, ...rest] = steps(object)
  const made = { name: first.args.name, returns: of(first.args.returnType), description: '', args: [], policy: 'Default', check: false }
  for (const { field, args } of rest) {
    if (field === 'withDescription') made.description = args.description
    if (field === 'withCachePolicy') Object.assign(made, { policy: args.policy, timeToLive: args.timeToLive })
    if (field === 'withCheck') made.check = true
    if (field === 'withArg') {
      if (args.defaultValue !== undefined) JSON.parse(args.defaultValue)
      made.args.push({ ...args, type: of(args.typeDef), typeDef: undefined })
    }
  }
  return made
}

function defineModule(object) {
  const module = { description: '', objects: [], enums: [] }
  for (const { field, args } of steps(object).slice(1)) {
    if (field === 'withDescription') module.description = args.description
    if (field === 'withObject') module.objects.push(of(args.object))
    if (field === 'withEnum') module.enums.push(of(args.enum))
  }
  return module
}

function defineError(object) {
  const [first, ...rest] = steps(object)
  return { message: first.args.message, values: Object.fromEntries(rest.map(s => [s.args.name, JSON.parse(s.args.value)])) }
}

const definitions = { TypeDef: defineType, Function: defineFunction, Module: defineModule, Error: defineError }

export const define = object => definitions[object.type](object)
