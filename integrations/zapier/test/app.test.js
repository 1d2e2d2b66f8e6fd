'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { app, authData, create, failure, receiver, run, runWithCallback, search } = require('./house');

const keys = (value) => Object.keys(value).sort();
const INDEX = 'zapier-articles';

before(async () => {
  await create('create_index', { name: INDEX, dimension: 3, tags: { team: 'search' } });
  assert.deepEqual(await waitFor(INDEX), true);
});

const waitFor = async (index) => {
  const waiting = await receiver();
  try {
    const method = 'searches.wait_for_index.operation';
    const [started] = await runWithCallback(`${method}.perform`, { index }, waiting.url);
    const resumed = await run(app.searches.wait_for_index.operation.performResume, {
      outputData: started,
      ...(await waiting.next()),
    });
    return resumed[0].ready;
  } finally {
    waiting.close();
  }
};

test('the connection is tested and named', async () => {
  const me = await run(app.authentication.test);
  assert.deepEqual([typeof me.label, me.scopes.includes('read')], ['string', true]);
  assert.equal(app.authentication.connectionLabel, '{{label}}');
});

test('a wrong key asks for a new connection, and no key is in what is said', async () => {
  const told = await failure(run(app.authentication.test, { authData: { ...authData, api_key: 'phk_wrong' } }));
  assert.equal(told.name, 'ExpiredAuthError');
  assert.ok(!told.message.includes('phk_wrong'), told.message);
});

test('a URL that is none is refused before anything is sent', async () => {
  const told = await failure(run(app.authentication.test, { authData: { ...authData, url: 'pinehook' } }));
  assert.equal(told.code, 'invalid_url');
});

test('an event is subscribed to, arrives signed with the keys of its list and its sample, and is left again', async () => {
  const zap = await receiver();
  const trigger = app.triggers.index_created.operation;
  const inputData = { keys: ['zapier-new*'] };
  const subscribeData = await run(trigger.performSubscribe, { targetUrl: zap.url, inputData });
  await create('create_index', { name: 'zapier-other', dimension: 3 });
  await create('create_index', { name: 'zapier-new', dimension: 3 });
  const message = await zap.next();
  zap.close();

  const [event] = await run(trigger.perform, { ...message, subscribeData });
  const listed = await run(trigger.performList, { inputData: {} });
  assert.deepEqual([event.type, event.key, event.test], ['index.created', 'zapier-new', false]);
  assert.deepEqual([keys(listed[0]), keys(trigger.sample)], [keys(event), keys(event)]);
  assert.deepEqual(keys(listed[0].data), keys(event.data));

  const forged = { ...message.rawRequest, content: message.rawRequest.content.replace('zapier-new', 'forged') };
  assert.equal((await failure(run(trigger.perform, { ...message, rawRequest: forged, subscribeData }))).code, 'unsigned');
  assert.equal((await failure(run(trigger.perform, { ...message, subscribeData: { id: subscribeData.id } }))).code, 'unsigned');

  await run(trigger.performUnsubscribe, { subscribeData });
  await run(trigger.performUnsubscribe, { subscribeData }); // Zapier may ask twice
});

test('subscribing the same URL again gives a secret to verify by', async () => {
  const trigger = app.triggers.backup_ready.operation;
  const bundle = { targetUrl: 'http://127.0.0.1:9/again', inputData: {} };
  const first = await run(trigger.performSubscribe, bundle);
  const second = await run(trigger.performSubscribe, bundle);
  assert.match(second.secret, /^whsec_/);
  assert.notEqual(second.id, first.id);
  await run(trigger.performUnsubscribe, { subscribeData: second });
});

test('every trigger lists events with the keys of its sample', async () => {
  const hooks = Object.values(app.triggers).filter(({ operation }) => operation.type === 'hook');
  const listed = await run(async (z, bundle) => {
    const newest = {};
    for (const { key, operation } of hooks) [newest[key]] = await operation.performList(z, bundle);
    return newest;
  }, { inputData: {} });
  const samples = hooks.map(({ key, operation }) => [key, keys(operation.sample)]);
  assert.deepEqual(Object.entries(listed).map(([key, event]) => [key, keys(event)]), samples);
});

test('drop-downs offer what there is', async () => {
  const ids = async (list, inputData = {}) =>
    (await run(app.triggers[list].operation.perform, { inputData })).map((option) => option.id);
  const [connection] = await ids('connection_list');
  assert.ok((await ids('index_list', { connection })).includes(INDEX));
  assert.deepEqual(await ids('backup_list', { index: INDEX }), []);
  assert.ok((await ids('model_list')).length > 0);
  assert.match((await failure(ids('namespace_list'))).message, /index: is required/);
});

test('vectors are written, found, and deleted only when that is confirmed', async () => {
  const vectors = JSON.stringify([{ id: 'a', values: [1, 0, 0], metadata: { year: 2026 } }]);
  const namespace = 'notes';
  const written = await create('upsert_vectors', { index: INDEX, namespace, vectors });
  assert.equal(written.upserted_count, 1);

  const near = { index: INDEX, namespace, vector: '1, 0, 0', filter: '{"year": {"$gte": 2026}}', top_k: 1 };
  const [{ matches, first }] = await search('query_vectors', near);
  assert.deepEqual([matches.map((match) => match.id), first], [['a'], matches[0]]);
  assert.deepEqual(await search('query_vectors', { ...near, filter: '{"year": 1999}' }), []);

  const asked = await create('delete_vectors', { index: INDEX, namespace, ids: ['a'] });
  assert.deepEqual([asked.deleted, asked.would_delete.confirm], [false, INDEX]);
  const done = await create('delete_vectors', { index: INDEX, namespace, ids: ['a'], confirm: INDEX });
  assert.deepEqual([done.deleted, done.requested_count], [true, 1]);
});

test('one record is written by names and values, whatever text stands in them', async () => {
  const index = 'zapier-notes';
  await create('create_index', { name: index, embed: '{"model": "llama-text-embed-v2", "field_map": {"text": "text"}}' });
  assert.equal(await waitFor(index), true);
  const text = 'She said "open when dry",\nand left.';
  const records = { records_by_name: { _id: 'quote', text } };
  assert.equal((await create('upsert_records', { index, ...records })).upserted_count, 1);
  const [{ passages }] = await search('search_text', { index, text, filter_by_name: {} });
  assert.deepEqual(passages.map((passage) => [passage.id, passage.text]), [['quote', text]]);
  const twice = await failure(create('upsert_records', { index, ...records, records: '[{"_id": "1"}]' }));
  assert.equal(twice.message, 'records is given twice: as JSON and by name');
});

test('what is found or created has the same fields either way', async () => {
  assert.deepEqual(await search('describe_index', { index: 'zapier-none' }), []);
  const { search: finder, create: maker } = app.searchOrCreates.describe_index;
  const made = await create(maker, { name: 'zapier-none', dimension: 3 });
  const [told] = await search(finder, { index: 'zapier-none' });
  assert.deepEqual(keys(told), keys(made));
});

test('a long write waits for its callback and gives the same output', async () => {
  const zap = await receiver();
  const inputData = { index: INDEX, vectors: '[{"id": "b", "values": [0, 1, 0]}]', background: true };
  const outputData = await runWithCallback('creates.upsert_vectors.operation.perform', inputData, zap.url);
  const message = await zap.next();
  zap.close();
  const resume = app.creates.upsert_vectors.operation.performResume;
  assert.equal((await run(resume, { outputData, ...message })).upserted_count, 1);
  assert.equal((await failure(run(resume, { outputData: { ...outputData, secret: 'whsec_AAAA' }, ...message }))).code, 'unsigned');
});

test('a run that fails in the background fails the step with its reason', async () => {
  const zap = await receiver();
  const inputData = { index: 'zapier-nowhere', vectors: '[{"id": "b", "values": [0, 1, 0]}]', background: true };
  const outputData = await runWithCallback('creates.upsert_vectors.operation.perform', inputData, zap.url);
  const message = await zap.next();
  zap.close();
  const told = await failure(run(app.creates.upsert_vectors.operation.performResume, { outputData, ...message }));
  assert.deepEqual([told.code, told.message.length > 0], ['pinecone_not_found', true]);
});

test('the editor is shown an example of what is waited for', async () => {
  const shown = await search('wait_for_index', { index: INDEX }, { meta: { isLoadingSample: true } });
  assert.deepEqual(shown, [app.searches.wait_for_index.operation.sample]);
});

test('what is wrong is said with its field', async () => {
  const vectors = '[{"id": "a", "values": [1, 0]}]';
  const told = await failure(create('upsert_vectors', { index: INDEX, vectors }));
  assert.deepEqual([told.status, told.code], [422, 'dimension_mismatch']);
  assert.match(told.message, /vectors → 0 → values/);
  const unread = await failure(create('upsert_vectors', { index: INDEX, vectors: '[{' }));
  assert.match(unread.message, /^vectors must be JSON/);
  const nobody = await failure(search('describe_index', { index: INDEX, connection: 'nobody' }));
  assert.equal(nobody.code, 'unknown_connection');
});
