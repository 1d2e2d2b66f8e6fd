'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { act, apiKey, context, failure, json, receiver, url } = require('./house');
const { Pinehook } = require('../nodes/Pinehook/Pinehook.node.js');

const INDEX = 'n8n-articles';
const index = { mode: 'name', value: INDEX, __rl: true };

before(async () => {
  const tags = { pair: [{ name: 'team', value: 'search' }] };
  const [made] = json(await act('create_index', { name: INDEX, additionalFields: { dimension: 3, tags } }));
  assert.deepEqual(made.tags, { team: 'search' });
  const [waited] = json(await act('wait_for_index', { index }));
  assert.equal(waited.ready, true);
});

test('vectors are written and found, an item for each match, and each knows which item asked', async () => {
  const vectors = [{ id: 'a', values: [1, 0, 0], metadata: { year: 2026 } }, { id: 'b', values: [0, 1, 0] }];
  const namespace = { mode: 'name', value: 'notes', __rl: true };
  const written = json(await act('upsert_vectors', { index, namespace, vectors: JSON.stringify(vectors) }));
  assert.equal(written[0].upserted_count, 2);

  const items = [{ json: { near: '1, 0, 0' } }, { json: { near: [0, 1, 0] } }];
  const near = { index, namespace, vector: (item) => item.json.near, additionalFields: { top_k: 1, include_metadata: true } };
  const found = await act('query_vectors', near, { items });
  assert.deepEqual(
    found.map((item) => [item.json.id, item.json.metadata, item.pairedItem]),
    [['a', { year: 2026 }, { item: 0 }], ['b', null, { item: 1 }]],
  );

  const filter = '{"year": 1999}';
  assert.deepEqual(await act('query_vectors', { ...near, vector: '1, 0, 0', additionalFields: { filter } }), []);
  const whole = { filter, whole_answer: true };
  const [answer] = json(await act('query_vectors', { ...near, vector: '1, 0, 0', additionalFields: whole }));
  assert.deepEqual([answer.matches, answer.namespace], [[], 'notes']);
  assert.deepEqual(json(await act('list_vectors', { index, namespace })), [{ id: 'a' }, { id: 'b' }]);
});

test('deletions are told until they are confirmed', async () => {
  const vectors = [{ id: 'gone', values: [1, 0, 0] }];
  await act('upsert_vectors', { index, vectors });
  const ids = ['gone', ['other']];
  const [told] = json(await act('delete_vectors', { index, ids }));
  assert.deepEqual([told.deleted, told.would_delete.confirm], [false, INDEX]);
  const [done] = json(await act('delete_vectors', { index, ids, confirm: INDEX }));
  assert.deepEqual([done.deleted, done.requested_count], [true, 2]);
});

test('a file of an earlier node is written row by row, and waited for', async () => {
  const data = Buffer.from('id,vector\nrow-1,"[1, 0, 0]"\nrow-2,"[1, 0]"\n').toString('base64');
  const items = [{ json: {}, binary: { sheet: { data, fileName: 'rows.csv', mimeType: 'text/csv' } } }];
  const more = { file: 'sheet', id_column: 'id', vector_column: 'vector' };
  const [done] = json(await act('upsert_rows', { index, additionalFields: more }, { items }));
  assert.deepEqual([done.upserted_count, done.rejected_count, done.rows[0].column], [1, 1, 'vector']);

  const [run] = json(await act('upsert_rows', { index, additionalFields: { ...more, wait: false } }, { items }));
  assert.match(run.id, /^run_/);
  const missing = await failure(act('upsert_rows', { index, additionalFields: { ...more, file: 'none' } }, { items }));
  assert.match(missing.message, /binary file 'none'/);
});

test('what takes longer than Pinehook holds a request is waited for, and fails the step with its reason', async () => {
  const headers = { Prefer: 'respond-async' }; // Pinehook answers as it does after 20 s: 202 and the run
  const vectors = [{ id: 'later', values: [0, 0, 1] }];
  assert.equal(json(await act('upsert_vectors', { index, vectors }, { headers }))[0].upserted_count, 1);
  const nowhere = { mode: 'name', value: 'n8n-nowhere', __rl: true };
  const error = await failure(act('upsert_vectors', { index: nowhere, vectors }, { headers }));
  assert.match(error.message, /n8n-nowhere/);
  assert.match(error.description, /^run_\w+ · pinecone_not_found$/);

  const aborted = { getExecutionCancelSignal: () => AbortSignal.abort() };
  const left = await failure(act('wait_for_index', { index: nowhere }, { headers, ...aborted }));
  assert.match(left.message, /^Not waited for any longer: run_\w+ goes on$/);
});

test('what was done under a key is not done twice', async () => {
  const additionalFields = { idempotency_key: 'evt_1' };
  const once = json(await act('create_backup', { index, additionalFields }));
  const twice = json(await act('create_backup', { index, additionalFields }));
  assert.equal(once[0].backup_id, twice[0].backup_id);
  assert.equal(json(await act('list_backups', { index })).length, 1);
});

test('what is wrong is said with its field, and fails the step or becomes an item', async () => {
  const items = [{ json: { values: [1, 0] } }, { json: { values: [1, 0, 0] } }];
  const vectors = (item) => [{ id: 'a', values: item.json.values }];
  const error = await failure(act('upsert_vectors', { index, vectors }, { items }));
  assert.match(error.description, /^vectors → 0 → values: /);
  assert.deepEqual([error.httpCode, error.context.itemIndex], ['422', 0]);

  const [wrong, right] = await act('upsert_vectors', { index, vectors }, { items, goesOn: true });
  assert.deepEqual([wrong.json.error.code, wrong.json.error.status, wrong.pairedItem], ['dimension_mismatch', 422, { item: 0 }]);
  assert.match(wrong.json.message, /index has dimension 3/);
  assert.equal(wrong.json.error.errors[0].pointer, '/vectors/0/values');
  assert.deepEqual([right.json.upserted_count, right.pairedItem], [1, { item: 1 }]);

  const unread = await failure(act('upsert_vectors', { index, vectors: '[{' }));
  assert.match(unread.message, /^vectors must be JSON/);
  const connection = { mode: 'name', value: 'nobody', __rl: true };
  assert.equal((await failure(act('list_indexes', { connection }))).context.pinehook.code, 'unknown_connection');
});

test('a wrong key is told, and is nowhere in what is said', async () => {
  const error = await failure(act('list_indexes', {}, { credentials: { url, apiKey: 'phk_wrong' } }));
  assert.equal(error.httpCode, '401');
  assert.ok(!JSON.stringify([error.message, error.description, error.context]).includes('phk_wrong'));
});

test('a URL that is none, or of another server, is told', async () => {
  assert.match((await failure(act('list_indexes', {}, { credentials: { url: 'pinehook', apiKey } }))).message, /URL must be/);
  const other = await receiver((_request, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad</h1>'));
  const error = await failure(act('list_indexes', {}, { credentials: { url: `${other.url}/`, apiKey } }));
  other.close();
  assert.match(error.message, /answered 502, and not as a Pinehook/);
});

test('too much at once is tried again when Pinehook says', async () => {
  let asked = 0;
  const busy = await receiver((_request, response) => {
    asked += 1;
    const problem = { 'content-type': 'application/problem+json', 'retry-after': '0' };
    if (asked < 3) response.writeHead(429, problem).end('{"code": "rate_limited", "detail": "too much", "errors": []}');
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"indexes": [{"name": "one"}]}');
  });
  const found = json(await act('list_indexes', {}, { credentials: { url: busy.url, apiKey } }));
  busy.close();
  assert.deepEqual([found, asked], [[{ name: 'one' }], 3]);
});

test('lists offer what there is, and only what is looked for', async () => {
  const node = new Pinehook();
  const given = { resource: 'record', operation: 'query_vectors', index };
  const offered = async (source, filter) => {
    const { results } = await node.methods.listSearch[source].call(context(node, given), filter);
    return results.map(({ value }) => value);
  };
  assert.ok((await offered('indexes')).includes(INDEX));
  assert.deepEqual(await offered('indexes', 'N8N-ART'), [INDEX]);
  assert.equal((await offered('connections')).length, 1);
  assert.ok((await offered('models')).length > 0);
  const namespaces = await node.methods.loadOptions.namespaces.call(context(node, given));
  assert.deepEqual(namespaces.map(({ value }) => value).filter((name) => name === 'notes'), await offered('namespaces', 'notes'));
});
