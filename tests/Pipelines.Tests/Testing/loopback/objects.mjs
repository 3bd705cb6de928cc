// Objects are the steps that lead to them, and an id is these steps written down: nothing is done before a value is asked for.
import { readFileSync } from 'node:fs'

const secrets = new Map()

export const step = (type, parent, field, args) => ({ type, parent, field, args: { ...args } })

export function steps(object) {
  const all = []
  for (let at = object; at; at = at.parent) all.unshift(at)
  return all
}

export const encode = object =>
  Buffer.from(JSON.stringify(steps(object).map(s => [s.type, s.field, s.args]))).toString('base64url')

export function decode(id) {
  try {
    return JSON.parse(Buffer.from(id, 'base64url').toString())
      .reduce((parent, [type, field, args]) => step(type, parent, field, args), null)
  } catch {
    throw new Error(`no object has the id ${JSON.stringify(id).slice(0, 40)}`)
  }
}

// Ids travel and are written to logs: the text of a secret is no part of one.
export function keepSecret(name, plaintext) {
  secrets.set(name, plaintext)
  return name
}

export function plaintextOf(secret) {
  const { name, uri } = secret.args
  if (name !== undefined) return secrets.get(name)
  const [scheme, rest] = uri.split(/:(?:\/\/)?(.*)/s)
  if (scheme === 'file') return readFileSync(rest, 'utf8')
  if (scheme !== 'env' || process.env[rest] === undefined) throw new Error(`the secret ${uri} cannot be fetched`)
  return process.env[rest]
}
