// node --test examples/node      with MOCK_EHERKENNING_URL and START_URL set

import assert from "node:assert/strict"
import { after, test } from "node:test"
import { Broker, Refused } from "./eherkenning.mjs"

const broker = new Broker()
const start = process.env.START_URL ?? "http://localhost:8081/login"
after(() => broker.reset())

test("somebody with a mandate logs in", async () => {
  const landing = await broker.login(start, { person: "m.devries" })
  assert.equal(landing.outcome, "success")
  assert.equal(landing.status, 200, landing.text)
  const exchange = await broker.exchange(landing.exchange)
  assert.equal(exchange.answer.outcome, "success")
})

test("somebody without a mandate is told so, and lands at the provider when they cancel", async () => {
  const mandates = await broker.call("GET", "/api/v1/mandates?person=m.devries")
  for (const one of mandates.mandates) await broker.put(`mandates/${one.id}`, { ...only(one), until: "today-1d" })
  await assert.rejects(broker.login(start, { person: "m.devries" }), (error) => {
    assert.ok(error instanceof Refused)
    assert.equal(error.problem.stop.code, "expired")
    return true
  })
  const landing = await broker.login(start, { person: "m.devries", cancel: "nomandate" })
  assert.equal(landing.outcome, "cancelled")
})

// A record as it can be put back: without what the broker says of it.
function only({ id, state, source, ...record }) {
  return record
}
