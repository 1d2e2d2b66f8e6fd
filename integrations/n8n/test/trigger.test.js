'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { act, api, receiver, trigger, url } = require('./house');

const CHOICE = { eventTypes: ['index.created'], options: { names: ['n8n-new*'] } };
const created = (name) => act('create_index', { name, additionalFields: { dimension: 3 } });

test('an event is subscribed to, arrives signed, and is left again', async () => {
  const n8n = await receiver();
  const data = {};
  const node = trigger(CHOICE, `${n8n.url}/webhook/1`, data);
  assert.equal(await node.checkExists(), false);
  assert.equal(await node.create(), true);
  assert.equal(await node.checkExists(), true);
  const endpoint = await api('GET', `/v1/endpoints/${data.id}`);
  assert.deepEqual([endpoint.event_types, endpoint.keys, endpoint.description], [['index.created'], ['n8n-new*'], 'n8n: A workflow']);

  await created('n8n-other');
  await created('n8n-new');
  const message = await n8n.next();
  n8n.close();
  const { answer, workflowData } = await node.receive(message);
  const [[{ json: event }]] = workflowData;
  assert.deepEqual([answer.status, event.type, event.key], [200, 'index.created', 'n8n-new']);

  const forged = await node.receive({ ...message, rawBody: Buffer.from(String(message.rawBody).replace('n8n-new', 'forged')) });
  const late = await node.receive({ ...message, headers: { ...message.headers, 'webhook-timestamp': '1700000000' } });
  const unsigned = await node.receive({ headers: {}, rawBody: message.rawBody });
  const unread = await node.receive({ headers: message.headers, rawBody: undefined });
  const refused = [forged, late, unsigned, unread].map((each) => [each.answer.status, each.noWebhookResponse, each.workflowData]);
  assert.deepEqual(refused, Array(4).fill([401, true, undefined]));

  const { id } = data;
  await node.delete();
  assert.deepEqual([data, (await api('GET', `/v1/endpoints/${id}`)).code], [{}, 'not_found']);
  await node.delete(); // n8n may ask twice
  assert.equal((await node.receive(message)).answer.status, 401); // nothing is let through without a secret
});

test('what is subscribed already is made anew where its secret is not kept', async () => {
  const lost = {};
  const kept = {};
  await trigger(CHOICE, 'http://127.0.0.1:9/again', lost).create();
  const node = trigger(CHOICE, 'http://127.0.0.1:9/again', kept);
  await node.create();
  assert.match(kept.secret, /^whsec_/);
  assert.notEqual(kept.id, lost.id);
  await node.delete();
});

test('another choice is another endpoint', async () => {
  const data = {};
  await trigger(CHOICE, 'http://127.0.0.1:9/choice', data).create();
  const changed = trigger({ ...CHOICE, eventTypes: ['index.ready'] }, 'http://127.0.0.1:9/choice', data);
  assert.equal(await changed.checkExists(), false);
  const { id } = data;
  await changed.delete();
  assert.equal((await api('GET', `/v1/endpoints/${id}`)).code, 'not_found');
});

test('an endpoint that was paused, or disabled while n8n was away, goes on with what it is owed', async () => {
  const data = {};
  const node = trigger(CHOICE, 'http://127.0.0.1:9/paused', data);
  await node.create();
  const { id } = data;
  await api('PATCH', `/v1/endpoints/${id}`, { state: 'paused' });
  assert.equal(await node.checkExists(), false);
  await node.create();
  assert.deepEqual([data.id, await node.checkExists()], [id, true]);
  await node.delete();
});

test("a test of the workflow leaves production's endpoint alone", async () => {
  const production = {};
  const active = trigger(CHOICE, 'http://127.0.0.1:9/webhook/1', production);
  await active.create();
  const tried = trigger(CHOICE, 'http://127.0.0.1:9/webhook-test/1', { ...production });
  assert.equal(await tried.checkExists(), false);
  await tried.delete();
  assert.equal(await active.checkExists(), true);
  await active.delete();
});

test('a filter and an order are the endpoint’s own', async () => {
  const data = {};
  const filter = '{"properties": {"status": {"const": "Ready"}}}';
  const node = trigger({ eventTypes: ['*'], options: { filter, ordered: true } }, 'http://127.0.0.1:9/filter', data);
  await node.create();
  const endpoint = await api('GET', `/v1/endpoints/${data.id}`);
  assert.deepEqual([endpoint.filter, endpoint.ordered, endpoint.event_types], [JSON.parse(filter), true, ['*']]);
  await node.delete();
});
