'use strict';

// The Power Query function cannot run here: it is read by Microsoft's parser, and the GET that it makes is made.

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { before, test } = require('node:test');
const { api, house, key, newIndex } = require('./excel');
const { script } = require('./powerquery');

const INDEX = 'excel-search';
let read;
let query;
before(async () => {
  query = await script(readFileSync(join(__dirname, '../PinehookSearch.pq'), 'utf8'));
  read = await key('read');
  await newIndex(INDEX);
  const rows = [{ id: 'p-1', note: 'A backup is a copy of an index', year: 2026 }];
  await api('/v1/actions/upsert_rows', { index: INDEX, rows, id_column: 'id', text_columns: ['note'] });
});

// Web.Contents: the parts of its record put together; the credential Web API gives the key its name in the query.
const get = (asked, secret = read) => {
  const { RelativePath, ApiKeyName, Headers } = query.options;
  const url = new URL(`${house}/${RelativePath}`);
  for (const [name, value] of Object.entries({ ...asked, [ApiKeyName]: secret })) url.searchParams.set(name, value);
  return fetch(url, { headers: Headers });
};
const asked = (more = {}) => {
  const given = { index: INDEX, q: 'What is a backup?', top_k: '10', namespace: '__default__' };
  assert.deepEqual(Object.keys(query.named('Asked')), Object.keys(given));
  return { ...given, ...more };
};

test('it follows the rules by which a refresh in the cloud works', () => {
  assert.equal(query.address, 'Bridge');
  assert.match(query.named('Bridge'), /^https:\/\/[^/]+$/); // a plain text, without a path
  assert.deepEqual(Object.keys(query.options), [
    'RelativePath',
    'Query',
    'ApiKeyName',
    'Headers',
    'Timeout',
    'ManualStatusHandling',
  ]);
  assert.ok(!query.named('Refusals').includes(401)); // that is for Power Query, which asks for another credential
  assert.deepEqual(query.parameters, [
    [false, 'question'],
    [true, 'topK'],
    [true, 'namespace'],
    [true, 'filter'],
  ]);
});

test('what it asks is answered with what it makes columns of', async () => {
  const answer = await get(asked({ filter: '{"year": {"$gte": 2026}}' }));
  const { passages } = await answer.json();
  assert.deepEqual([answer.status, passages[0].id, passages[0].fields.year], [200, 'p-1', 2026]);
  assert.deepEqual(
    query.named('Columns').filter((name) => !(name in passages[0])),
    [],
  );
});

test('the same as CSV is a table for whatever takes a URL', async () => {
  const answer = await get(asked({ format: 'csv' }));
  const [header, line] = (await answer.text()).split('\r\n');
  assert.equal(header, 'rank,index,namespace,id,score,text,source,fields.year');
  assert.ok(line.startsWith(`1,${INDEX},__default__,p-1,`), line);
});

test('what it takes for a refusal is one, with the fields that it reads', async () => {
  const wrong = await get(asked({ top_k: '1000' }));
  const problem = await wrong.json();
  assert.ok(query.named('Refusals').includes(wrong.status), String(wrong.status));
  assert.deepEqual(
    [typeof problem.detail, typeof problem.code, Object.keys(problem.errors[0])],
    ['string', 'string', ['pointer', 'message']],
  );
  const gone = await get(asked({ index: 'not-there' }));
  assert.ok(query.named('Refusals').includes(gone.status), String(gone.status));
});

test('a key that may do more than read is not taken in a URL', async () => {
  assert.equal((await get(asked(), await key('read', 'write'))).status, 401);
});
