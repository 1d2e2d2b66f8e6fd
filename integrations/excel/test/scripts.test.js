'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { ADDRESS, Workbook, api, key, newIndex, run, workbook } = require('./excel');

const INDEX = 'excel-rows';
const ROWS = [
  ['Id', 'Note', 'Year', 'Code', 'Tags', 'Day'],
  ['x-1', 'Pine cones open when it is dry', 2024, "'007", 'nature, trees', 45000],
  ['x-2', 'Webhooks arrive signed', 2025, "'012", 'web', 45000.5],
  ['x-3', '', 2026, "'100", '', ''],
  ['x-1', 'Twice', 2026, "'101", '', ''],
  ['', 'No id', 2026, "'102", '', ''],
  ['x-4', 'Broken', '#N/A', "'103", '', ''],
];
const SETTINGS = {
  index: INDEX,
  'id column': 'Id',
  'text columns': 'Note',
  'kept columns': 'Year, Code, Day',
  'list columns': 'Tags',
};
let secret;
before(async () => {
  await newIndex(INDEX);
  secret = await key('read', 'write');
});

const dated = (book) => {
  const sheet = book.getWorksheet('Rows');
  [1, 2].forEach((row) => sheet.formats.set(`${row}:5`, '[$-409]d/m/yyyy'));
  return book;
};
const stored = async (ids, namespace) => {
  const { vectors } = await api('/v1/actions/fetch_vectors', { index: INDEX, ids, namespace });
  return Object.fromEntries(vectors.map(({ id, metadata: { pinehook_hash, ...kept } }) => [id, kept]));
};

test('the first run makes the sheet of settings', async () => {
  const book = new Workbook();
  assert.match(await run('PinehookSync', book, secret), /^Fill in the sheet Pinehook/);
  const names = book
    .getWorksheet('Pinehook')
    .table()
    .map(([name]) => name);
  assert.deepEqual(names.slice(0, 4), ['Setting', 'url', 'index', 'namespace']);
  await assert.rejects(run('PinehookSync', book, secret), /The setting “url”/);
});

test('every row is told how it went, and is written with the types of its columns', async () => {
  const book = dated(workbook(ROWS, { ...SETTINGS, namespace: 'rows' }));
  assert.equal(await run('PinehookSync', book, secret), '2 upserted, 4 rejected');
  assert.deepEqual(book.column('Pinehook'), [
    'upserted',
    'upserted',
    'rejected: Note: is empty: there is no text to embed',
    'rejected: Id: is the id of row 1 of the table too',
    'rejected: Id: is empty: there is no id',
    'rejected: Year: the cell shows #N/A',
  ]);
  assert.deepEqual(await stored(['x-1', 'x-2'], 'rows'), {
    'x-1': { text: 'Pine cones open when it is dry', Year: 2024, Code: '007', Tags: ['nature', 'trees'], Day: '2023-03-15' },
    'x-2': { text: 'Webhooks arrive signed', Year: 2025, Code: '012', Tags: ['web'], Day: '2023-03-15T12:00:00' },
  });
  assert.equal(await run('PinehookSync', book, secret), '2 unchanged, 4 rejected');
});

test('records of rows that are gone are counted, and deleted when the index is named', async () => {
  const removing = await key('read', 'write', 'delete');
  const settings = { ...SETTINGS, namespace: 'removed' };
  const rows = [ROWS[0], ROWS[1], ROWS[2]];
  await run('PinehookSync', workbook(rows, settings), removing);
  await api('/v1/actions/upsert_records', { index: INDEX, namespace: 'removed', records: [{ _id: 'other', text: 'By hand' }] });
  const book = workbook([ROWS[0], ROWS[2], ['x-9', '', 1, '', '', '']], settings);
  const there = async () => Object.keys(await stored(['x-1', 'x-2', 'other'], 'removed')).sort();
  assert.equal(
    await run('PinehookSync', book, removing, 'count'),
    '1 unchanged, 1 rejected. Records whose rows are gone: 1. None was deleted.',
  );
  assert.match(await run('PinehookSync', book, removing, 'yes'), /Nothing was deleted: “removed” takes count, or excel-rows/);
  assert.deepEqual(await there(), ['other', 'x-1', 'x-2']);
  assert.equal(await run('PinehookSync', book, removing, INDEX), '1 unchanged, 1 rejected. 1 deleted.');
  assert.deepEqual(await there(), ['other', 'x-2']);
  assert.match(await run('PinehookSync', workbook(ROWS, settings), removing, INDEX), /row 5 of the table has no id/);
  assert.match(await run('PinehookSync', book, secret, INDEX), /Nothing was deleted: .*delete/);
});

test('a run that is at its end leaves the rest to the next, which begins there', async () => {
  const rows = [['Id', 'Note'], ...Array.from({ length: 250 }, (_one, at) => [`l-${at}`, `Number ${at}`])];
  const book = workbook(rows, { ...SETTINGS, namespace: 'long', 'kept columns': '', 'list columns': '' });
  let asks = 0; // the clock is read at the beginning and before each batch
  book.Date = class extends Date {
    static now = () => Date.now() + (asks++ > 1 ? 100000 : 0);
  };
  assert.equal(await run('PinehookSync', book, secret), '200 upserted, 50 waiting. Run this again for the rest.');
  book.Date = Date;
  await run('PinehookSync', book, secret);
  assert.deepEqual([book.asked.length, [...new Set(book.column('Pinehook'))]], [1, ['upserted']]);
});

test('the key is in no URL and in no cell', async () => {
  const book = workbook(ROWS, { ...SETTINGS, namespace: 'keys' });
  await run('PinehookSync', book, secret);
  const cells = JSON.stringify([...book.sheets.values()].map((sheet) => sheet.table()));
  assert.ok(!cells.includes(secret) && book.asked.every(({ url }) => !url.includes(secret)));
});

test('a refusal is told in the rows, with its field', async () => {
  const book = workbook(ROWS, { ...SETTINGS, provider: 'pinecone' });
  await run('PinehookSync', book, secret);
  assert.match(book.column('Pinehook')[0], /^waiting: .*embed: does not go with an integrated index/);
});

test('how long to wait is told when it was too much at once', async () => {
  const limited = (await api('/v1/keys', { name: 'limited', scopes: ['read', 'write'], calls_per_minute: 1 })).key;
  const book = workbook(ROWS, { ...SETTINGS, namespace: 'limited' });
  const waits = () => /run this again in \d+ s$/.test(book.column('Pinehook')[0]);
  await run('PinehookSync', book, limited);
  for (let count = 0; count < 20 && !waits(); count += 1) await run('PinehookSync', book, limited);
  assert.ok(waits(), book.column('Pinehook')[0]);
});

test('settings that are missing or wrong are told by name', async () => {
  const told = (rows, settings, given = secret) => run('PinehookSync', workbook(rows, settings), given);
  await assert.rejects(
    told(ROWS, { ...SETTINGS, url: 'http://pinehook.example.com' }),
    /“url” must be where your Pinehook is, by HTTPS/,
  );
  await assert.rejects(told(ROWS, { ...SETTINGS, index: '' }), /must be filled in/);
  await assert.rejects(told(ROWS, SETTINGS, ''), /Give your API key/);
  await assert.rejects(told(ROWS, { ...SETTINGS, 'kept columns': 'Colour' }), /no column called Colour/);
  await assert.rejects(told(ROWS, { ...SETTINGS, table: 'Other' }), /no table called Other/);
});

test('a bridge that answers no page of another origin is told apart', async () => {
  const book = workbook(ROWS, SETTINGS);
  book.fetch = async () => {
    throw new TypeError('Failed to fetch');
  };
  await run('PinehookSync', book, secret);
  assert.match(book.column('Pinehook')[0], /PINEHOOK_CORS_ORIGINS/);
});

test('another server at the URL is recognised', async () => {
  const book = workbook(ROWS, SETTINGS);
  book.fetch = () => fetch('data:text/html,<html>Hello</html>');
  await run('PinehookSync', book, secret);
  assert.equal(book.column('Pinehook')[0], 'waiting: the URL answered 200, and not as a Pinehook does');
  await assert.rejects(run('PinehookSearch', book, 'x', secret), /answered 200, and not as a Pinehook does/);
});

test('a search writes what was found into a sheet, as text', async () => {
  const book = workbook(null, { index: INDEX, namespace: 'rows', 'api key': await key('read') });
  await api('/v1/actions/upsert_records', {
    index: INDEX,
    namespace: 'rows',
    records: [{ _id: 'evil', text: '=HYPERLINK("https://evil.example")' }],
  });
  assert.equal(await run('PinehookSearch', book, 'when do pine cones open?'), '3 found: see the sheet Pinehook search.');
  const [header, first, ...rest] = book.getWorksheet('Pinehook search').table();
  assert.deepEqual(
    [header, first[0], first[2], first[3]],
    [['Rank', 'Score', 'Id', 'Text', 'Source'], 1, 'x-1', 'Pine cones open when it is dry'],
  );
  assert.ok(rest.some(([, , , text]) => text === '=HYPERLINK("https://evil.example")'));
  await assert.rejects(run('PinehookSearch', book, ' '), /Say what you are looking for/);
  await assert.rejects(run('PinehookSearch', workbook(null, { index: 'not-there' }), 'x', secret), /not-there/);
  assert.ok(book.asked.every(({ url }) => url.startsWith(ADDRESS)));
});
