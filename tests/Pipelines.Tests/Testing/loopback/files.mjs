// Directories, files and containers on disk. A container's paths are below a folder of this machine: the paths that a
// pipeline itself put something at are translated in arguments and variables, as there is no isolation.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { decode, encode, plaintextOf } from './objects.mjs'

const { GraphQLError } = createRequire(process.argv[3] + '/')('graphql')
const top = mkdtempSync(join(tmpdir(), 'loopback-engine-'))
process.on('exit', () => rmSync(top, { recursive: true, force: true }))
const fresh = () => mkdtempSync(join(top, 'f-'))
const done = new Map()

function cache(key) {
  const folder = join(top, 'cache-' + key)
  mkdirSync(folder, { recursive: true })
  return folder
}

// The programs of images and downloads are those of this machine.
function programCalled(name) {
  const found = process.env.PATH.split(':').map(f => join(f, name)).find(existsSync)
  if (found) return found
  const path = join(fresh(), name)
  put(path, '#!/bin/sh\necho "$0 is not on this machine" >&2\nexit 127\n', 0o755)
  return path
}

function once(object, context, make) {
  const id = encode(object)
  if (!done.has(id)) done.set(id, make(object, context))
  return done.get(id)
}

const regex = glob =>
  new RegExp('^' + glob.replace(/^\.?\//, '').replace(/\/$/, '').replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/?/g, '\0').replace(/\*/g, '[^/]*').replace(/\?/g, '[^/]').replace(/\0/g, '(?:.*/)?') + '(?:/.*)?$')

export function list(folder, include, exclude = []) {
  const wanted = include.map(regex), unwanted = exclude.map(regex), found = []
  const walk = relative => {
    for (const entry of readdirSync(join(folder, relative), { withFileTypes: true })) {
      const path = relative ? `${relative}/${entry.name}` : entry.name
      if (unwanted.some(r => r.test(path))) continue
      if (entry.isDirectory()) walk(path)
      else if (!wanted.length || wanted.some(r => r.test(path))) found.push(path)
    }
  }
  walk('')
  return found
}

function copy(from, to, { include = [], exclude = [] } = {}) {
  mkdirSync(to, { recursive: true })
  if (!include.length && !exclude.length) return cpSync(from, to, { recursive: true })
  for (const path of list(from, include, exclude)) {
    mkdirSync(dirname(join(to, path)), { recursive: true })
    cpSync(join(from, path), join(to, path))
  }
}

function put(path, contents, mode) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, contents, mode ? { mode } : {})
}

function putFile(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, existsSync(to) && statSync(to).isDirectory() ? join(to, from.split('/').pop()) : to)
}

export function exportTo(from, to) {
  cpSync(from, to, { recursive: true })
  return to
}

export const directory = (object, context) => once(object, context, makeDirectory)
export const file = (object, context) => once(object, context, makeFile)
export const container = (object, context) => once(object, context, makeContainer)

async function makeDirectory(object, context) {
  const { parent, field, args } = object
  const at = fresh()
  if (parent?.type === 'Container') {
    const { root } = await container(parent, context)
    copy(field === 'rootfs' ? root : existing(join(root, args.path), args.path), at)
  } else if (parent?.type === 'Host' || parent?.type === 'Directory' && field === 'directory') {
    const from = parent.type === 'Host' ? args.path : join(await directory(parent, context), args.path)
    copy(existing(from, args.path), at, args)
  } else if (parent?.type === 'Directory') {
    copy(await directory(parent, context), at, field === 'filter' ? args : {})
    if (field === 'withNewFile') put(join(at, args.path), args.contents)
    else if (field === 'withDirectory') copy(await directory(decode(args.source), context), join(at, args.path), args)
    else if (field === 'withFile') putFile(await file(decode(args.source), context), join(at, args.path))
    else if (field === 'withoutDirectory') rmSync(join(at, args.path), { recursive: true, force: true })
    else if (field !== 'filter') throw new Error(`the loopback engine does not know Directory.${field}`)
  } else if (parent) throw new Error(`the loopback engine does not know ${parent.type}.${field}`)
  return at
}

async function makeFile({ parent, field, args }, context) {
  if (!parent && field === 'file') {
    const path = join(fresh(), args.name)
    put(path, args.contents)
    return path
  }
  if (!parent && field === 'http') return programCalled(args.url.split('/').pop().split('-')[0])
  if (parent?.type === 'Host') return existing(args.path, args.path)
  if (parent?.type === 'Directory') return existing(join(await directory(parent, context), args.path), args.path)
  if (parent?.type === 'Container' && field === 'file') {
    const path = join((await container(parent, context)).root, args.path)
    return !existsSync(path) && args.path.includes('/bin/') ? programCalled(basename(args.path)) : existing(path, args.path)
  }
  throw new Error(`the loopback engine does not know ${parent?.type}.${field}`)
}

function existing(path, shown) {
  if (!existsSync(path)) throw new Error(`${shown}: no such file or directory`)
  return path
}

async function makeContainer(object, context) {
  if (!object.parent) return { root: fresh(), env: {}, secrets: {}, known: {}, workdir: '/', stdout: '', stderr: '', exitCode: 0 }
  const before = await container(object.parent, context)
  const { field, args } = object
  const now = { ...before, env: { ...before.env }, secrets: { ...before.secrets }, known: { ...before.known } }
  const place = path => (path.startsWith('/') ? path : join(now.workdir, path))
  // Only what changes files needs files of its own.
  const own = path => {
    now.root = fresh()
    copy(before.root, now.root)
    const at = place(path)
    now.known[at] ??= null
    return join(now.root, at)
  }
  switch (field) {
    case 'withExec': own(now.workdir); await run(now, args, context); break
    case 'withEnvVariable': now.env[args.name] = args.value; break
    case 'withoutEnvVariable': delete now.env[args.name]; break
    case 'withSecretVariable': now.secrets[args.name] = plaintextOf(decode(args.secret)); break
    case 'withWorkdir': mkdirSync(own(args.path), { recursive: true }); now.workdir = place(args.path); break
    // Mounts are where they are: a program that one call leaves running must find them in the next.
    case 'withMountedDirectory': now.known[place(args.path)] = await directory(decode(args.source), context); break
    case 'withMountedCache': now.known[place(args.path)] = cache(decode(args.cache).args.key); break
    case 'withDirectory': copy(await directory(decode(args.source), context), own(args.path), args); break
    case 'withFile':
    case 'withMountedFile': putFile(await file(decode(args.source), context), own(args.path)); break
    case 'withNewFile': put(own(args.path), args.contents, args.permissions); break
    case 'withMountedSecret': put(own(args.path), plaintextOf(decode(args.source)), 0o400); break
    case 'withUnixSocket': now.known[place(args.path)] = decode(args.source).args.path; break
    case 'from': case 'withUser': case 'withEntrypoint': case 'withDefaultArgs': case 'withLabel': case 'withExposedPort':
    case 'withRegistryAuth': case 'withServiceBinding': break
    default: throw new Error(`the loopback engine does not know Container.${field}`)
  }
  return now
}

function translate(state, text) {
  for (const path of Object.keys(state.known).sort((a, b) => b.length - a.length)) {
    if (path === '/') continue
    const pattern = new RegExp('(^|[=,;]|:(?=/)|://|\\s)' + path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') + '(?=$|[/:;,\\s])', 'g')
    const replaced = text.replace(pattern, (_, lead) => lead + (state.known[path] ?? state.root + path))
    if (replaced !== text) return replaced
  }
  return text
}

async function run(state, args, context) {
  const env = {
    PATH: process.env.PATH, HOME: process.env.HOME, DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1',
    // A container takes what it started with it: builds leave no servers behind.
    MSBUILDDISABLENODEREUSE: '1', UseSharedCompilation: 'false', ...state.secrets,
  }
  for (const [name, value] of Object.entries(state.env)) env[name] = translate(state, value)
  if (args.experimentalPrivilegedNesting) Object.assign(env, { DAGGER_SESSION_PORT: String(context.port), DAGGER_SESSION_TOKEN: context.call.token })
  const [program, ...rest] = args.args.map(a => translate(state, a))
  const out = [], err = []
  const exitCode = await new Promise((resolve, reject) => {
    const child = spawn(program, rest, { cwd: join(state.root, state.workdir), env })
    child.stdout.on('data', d => out.push(d))
    child.stderr.on('data', d => err.push(d))
    child.on('error', e => reject(new Error(`${program}: ${e.message}`)))
    // As shells tell of programs that a signal ended.
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
    child.stdin.on('error', () => {}).end(args.stdin ?? '')
  })
  const stdout = Buffer.concat(out).toString(), stderr = Buffer.concat(err).toString()
  if (args.redirectStdout) put(join(state.root, args.redirectStdout.startsWith('/') ? '' : state.workdir, args.redirectStdout), stdout)
  if (args.redirectStderr) put(join(state.root, args.redirectStderr.startsWith('/') ? '' : state.workdir, args.redirectStderr), stderr)
  Object.assign(state, { stdout, stderr, exitCode })
  const expect = args.expect ?? 'SUCCESS'
  if (expect !== 'ANY' && (exitCode === 0) !== (expect === 'SUCCESS'))
    throw new GraphQLError(`exit code: ${exitCode}`, { extensions: { _type: 'EXEC_ERROR', cmd: args.args, exitCode, stdout, stderr } })
}
