// A login at your service provider without a browser, by the broker's HTTP API alone. Node 18 and up, no packages.
//
//   import { Broker } from "./eherkenning.mjs"
//   const broker = new Broker("http://127.0.0.1:8080")
//   const landing = await broker.login("http://localhost:8081/login", { person: "m.devries" })

import { randomUUID } from "node:crypto"

export class Broker {
  // What is made with a tag is seen by logins of that tag only: tests in parallel do not disturb each other.
  constructor(url = process.env.MOCK_EHERKENNING_URL ?? "http://127.0.0.1:8080", token = process.env.MOCK_EHERKENNING_TOKEN) {
    this.url = url.replace(/\/$/, "")
    this.token = token
    this.tag = `node-${randomUUID()}`
  }

  async call(method, path, body) {
    const headers = { "Content-Type": "application/json" }
    if (this.token) headers.Authorization = `Bearer ${this.token}`
    const answer = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) })
    const told = answer.status === 204 ? null : await answer.json()
    if (!answer.ok) throw new Refused(answer.status, told)
    return told
  }

  // path: people/KEY, companies/KEY, mandates, ... as in /api; for this tag only.
  put(path, record) {
    return this.call("PUT", `/api/v1/${path}?tag=${this.tag}`, record)
  }

  post(path, record) {
    return this.call("POST", `/api/v1/${path}?tag=${this.tag}`, record)
  }

  reset() {
    return this.call("POST", `/api/v1/reset?tag=${this.tag}`)
  }

  async exchange(id) {
    return this.call("GET", `/api/v1/exchanges/${id}`)
  }

  // who: {person, supplier, company, cancel, ...}, see docs/logins-over-the-api.md.
  async login(startUrl, who) {
    const jar = new Jar()
    let at = await follow(jar, startUrl, undefined, this.url)
    const begun = at.toBroker ?? formOn(at.text, at.url)
    if (!begun) throw new Error(`${at.url} (HTTP ${at.status}) leads to no broker:\n${at.text.slice(0, 500)}`)
    const login = await this.call("POST", "/api/v1/logins", { ...begun, tag: this.tag })
    const answer = login.outcome ? login : await this.call("POST", `/api/v1/logins/${login.id}/complete`, who)
    const form = answer.method === "POST" ? new URLSearchParams(answer.fields) : undefined
    at = await follow(jar, answer.url, form)
    return { ...at, exchange: answer.exchange, outcome: answer.outcome }
  }
}

export class Refused extends Error {
  constructor(status, problem) {
    const findings = (problem.findings ?? []).map((one) => `\n  ${one.rule}: ${one.title}. ${one.mend}`).join("")
    super(`HTTP ${status} ${problem.title}: ${problem.detail ?? ""}${findings}${problem.stop ? `\n  ${problem.stop.text.nl}` : ""}`)
    this.problem = problem
  }
}

// The cookies of the service provider: name and value, for the one host that a test talks to.
class Jar {
  #cookies = new Map()

  take(answer) {
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=;]+)=([^;]*)/)
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
  }

  toString() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ")
  }
}

async function follow(jar, url, form, broker) {
  for (let hop = 0; hop < 20; hop++) {
    if (broker && url.startsWith(`${broker}/sso/`)) return { toBroker: { method: "GET", url } }
    const answer = await fetch(url, { method: form ? "POST" : "GET", body: form, headers: { Cookie: `${jar}` }, redirect: "manual" })
    jar.take(answer)
    const location = answer.headers.get("location")
    if (!location) return { status: answer.status, url, text: await answer.text() }
    url = new URL(location, url).href
    if (answer.status !== 307 && answer.status !== 308) form = undefined
  }
  throw new Error(`more than 20 redirects, last to ${url}`)
}

// The form with which a page sends the browser on to the broker by itself.
function formOn(html, base) {
  const form = [...html.matchAll(/<form[^>]*>[\s\S]*?<\/form>/gi)].map(([text]) => text).find((text) => /SAMLRequest/.test(text))
  if (!form) return null
  const attribute = (tag, name) => plain(tag.match(new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "i"))?.slice(1).find((one) => one !== undefined) ?? "")
  const fields = [...form.matchAll(/<(?:input|textarea)[^>]*>/gi)].map(([tag]) => [attribute(tag, "name"), attribute(tag, "value")])
  return { method: "POST", url: new URL(attribute(form, "action"), base).href, fields: Object.fromEntries(fields.filter(([name]) => name)) }
}

function plain(text) {
  const named = { amp: "&", quot: '"', lt: "<", gt: ">", apos: "'" }
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, ten, hex, name) =>
    ten || hex ? String.fromCodePoint(ten ? Number(ten) : parseInt(hex, 16)) : (named[name] ?? all))
}
