'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { NOTES, failure, newIndex, spreadsheet, stored } = require('./house');

const INDEX = 'sheet-rows';
before(() => newIndex(INDEX));

const sentRows = (world) =>
  world.asked.filter(({ url }) => url.includes('upsert_rows')).map(({ payload }) => JSON.parse(payload).rows.length);
const plain = (records) => Object.fromEntries(Object.entries(records).map(([id, { pinehook_hash, ...kept }]) => [id, kept]));

test('every row is told how it went, and is written with the types of its columns', () => {
  const rows = [
    ...NOTES,
    ['n-4', '', 2026, "'101", ''],
    ['n-1', 'Twice', 2026, "'102", ''],
    ['', 'No id', 2026, "'103", ''],
    ['n-5', 'Broken', '#REF!', "'104", ''],
  ];
  const world = spreadsheet(INDEX, { rows });
  world.script.syncNow();
  assert.deepEqual(world.sheet.column('Pinehook'), [
    'upserted',
    'upserted',
    'upserted',
    'rejected: Note: is empty: there is no text to embed',
    'rejected: Id: is the id of row 2 too',
    'rejected: Id: is empty: there is no id',
    'rejected: Year: the cell shows #REF!',
  ]);
  assert.deepEqual(plain(stored(INDEX, ['n-1', 'n-2'])), {
    'n-1': { text: 'Pine cones open when it is dry', Year: 2024, Code: '007', Tags: ['nature', 'trees'] },
    'n-2': { text: 'Webhooks arrive signed', Year: 2025, Code: '012', Tags: ['web'] },
  });
  assert.equal(world.book.toasts.at(-1), '3 upserted, 4 rejected.');
});

test('syncing again changes nothing and says so', () => {
  const world = spreadsheet(INDEX, { namespace: 'again' });
  world.script.syncNow();
  world.script.syncNow();
  assert.deepEqual(world.sheet.column('Pinehook'), ['unchanged', 'unchanged', 'unchanged']);
});

test('a date is sent as ISO 8601 in the time zone of the spreadsheet', () => {
  const rows = [
    ['Id', 'Note', 'Day'],
    ['d-1', 'A day', new Date('2026-05-01T22:00:00Z')],
    ['d-2', 'A moment', new Date('2026-01-02T11:30:00Z')],
  ];
  const world = spreadsheet(INDEX, { rows, namespace: 'dates', kept: [{ name: 'Day', kind: 'value' }] });
  world.script.syncNow();
  const found = stored(INDEX, ['d-1', 'd-2'], 'dates');
  assert.deepEqual([found['d-1'].Day, found['d-2'].Day], ['2026-05-02', '2026-01-02T12:30:00+01:00']);
});

test('an edited row alone is sent within five minutes, by the types that its column has', () => {
  const world = spreadsheet(INDEX, { namespace: 'edited' });
  world.script.syncNow();
  world.script.automaticOn();
  world.asked.length = 0;
  world.types(world.sheet, 3, 2, [['Webhooks arrive signed and late']]);
  assert.deepEqual(world.sheet.column('Pinehook'), ['upserted', 'waiting', 'upserted']);
  world.timePasses();
  assert.deepEqual([world.sheet.column('Pinehook'), sentRows(world)], [['upserted', 'upserted', 'upserted'], [1]]);
  assert.equal(stored(INDEX, ['n-2'], 'edited')['n-2'].text, 'Webhooks arrive signed and late');
  world.types(world.sheet, 4, 3, [['last year']]);
  world.timePasses();
  const told = world.sheet.column('Pinehook')[2];
  assert.ok(told.startsWith('rejected: Year: '), told);
  const asked = world.asked.length;
  world.timePasses(); // nothing waits
  assert.equal(world.asked.length, asked);
});

test('a new row is sent by itself, with an id where the person wants one', () => {
  const world = spreadsheet(INDEX, { namespace: 'new', fill_ids: true });
  world.script.syncNow();
  world.script.automaticOn();
  world.types(world.sheet, 5, 2, [['Without an id']]);
  world.timePasses();
  const id = world.sheet.column('Id')[3];
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.equal(stored(INDEX, [id], 'new')[id].text, 'Without an id');
});

test('a row that is emptied waits for nothing, and the end of the sheet is no row', () => {
  const world = spreadsheet(INDEX, { namespace: 'emptied' });
  world.script.syncNow();
  world.script.automaticOn();
  world.types(world.sheet, 3, 1, [['', '', '', '', '']]);
  world.types(world.sheet, 20, 1, [['']]);
  world.timePasses();
  assert.deepEqual(world.sheet.column('Pinehook'), ['upserted', '', 'upserted']);
});

test('rows that are moved or edited while they are sent are told apart', () => {
  const world = spreadsheet(INDEX, { namespace: 'moved' });
  world.script.automaticOn();
  world.whileFetching = () => {
    world.whileFetching = () => {};
    world.sheet.insertRowBefore(2);
    world.types(world.sheet, 4, 2, [['Edited on the way']]);
  };
  const done = world.script.sync_(world.sheet, {});
  assert.deepEqual(world.sheet.column('Pinehook'), ['', 'upserted', 'waiting', 'upserted']);
  assert.equal(done.waiting, 1);
  world.timePasses();
  assert.deepEqual(world.sheet.column('Pinehook'), ['', 'upserted', 'upserted', 'upserted']);
  assert.equal(stored(INDEX, ['n-2'], 'moved')['n-2'].text, 'Edited on the way');
});

test('many rows go in batches, several at once', () => {
  const rows = [['Id', 'Note'], ...Array.from({ length: 1050 }, (_one, at) => [`m-${at}`, `Note number ${at}`])];
  const world = spreadsheet(INDEX, { rows, namespace: 'many', kept: [] });
  world.script.syncNow();
  assert.deepEqual(sentRows(world), [200, 200, 200, 200, 200, 50]);
  assert.deepEqual([...new Set(world.sheet.column('Pinehook'))], ['upserted']);
});

test('a run ends before Google ends it, and goes on by itself', () => {
  const rows = [['Id', 'Note'], ...Array.from({ length: 1000 }, (_one, at) => [`l-${at}`, `Long number ${at}`])];
  const world = spreadsheet(INDEX, { rows, namespace: 'long', kept: [] });
  world.whileFetching = () => (world.ahead += 280000);
  world.script.syncNow();
  assert.equal(world.book.toasts.at(-1), '800 upserted, 200 waiting. It goes on by itself.');
  assert.deepEqual(
    world.triggers.map(({ called, ms }) => [called, ms]),
    [['whenContinued', 60000]],
  );
  world.fire('once', {});
  assert.deepEqual([[...new Set(world.sheet.column('Pinehook'))], world.triggers], [['upserted'], []]);
});

test('a sheet that was sent halfway when its run was lost is sent in full the next time', () => {
  const world = spreadsheet(INDEX, { namespace: 'lost' });
  world.whileFetching = () => {
    throw new Error('Service Spreadsheets failed while accessing document');
  };
  world.script.sync_(world.sheet, {});
  world.sheet.getRange(2, 6, 3, 1).setValues([['sending…'], ['sending…'], ['sending…']]);
  world.whileFetching = () => {};
  world.script.sync_(world.sheet, {});
  assert.deepEqual(world.sheet.column('Pinehook'), ['upserted', 'upserted', 'upserted']);
});

test('one sync runs at a time', () => {
  const world = spreadsheet(INDEX);
  world.locked = true;
  world.script.syncNow();
  assert.equal(world.alerts.at(-1), 'Another sync of this spreadsheet is running; look again in a while.');
});

test('what does not fit the sheet is said in a sentence', () => {
  const world = spreadsheet(INDEX);
  world.sheet.getRange(1, 2).setValue('Text');
  assert.equal(
    failure(() => world.script.sync_(world.sheet, {})),
    'The sheet has no column “Note” in row 1: Pinehook > Set up…',
  );
  world.sheet.getRange(1, 2, 1, 2).setValues([['Note', 'Note']]);
  assert.equal(
    failure(() => world.script.sync_(world.sheet, {})),
    'Two columns are called “Note”: rename one of them.',
  );
  const other = world.book.insertSheet('Other');
  assert.equal(
    failure(() => world.script.sync_(other, {})),
    'The sheet “Other” is not set up: Pinehook > Set up…',
  );
});
