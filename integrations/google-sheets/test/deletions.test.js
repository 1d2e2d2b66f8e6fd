'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { NOTES, api, newIndex, spreadsheet, stored } = require('./house');

const INDEX = 'sheet-deletions';
before(() => newIndex(INDEX));

const here = (world, namespace) => Object.keys(stored(INDEX, ['n-1', 'n-2', 'n-3', 'of-another'], namespace)).sort();
const another = (namespace) =>
  api('/v1/actions/upsert_records', { index: INDEX, namespace, records: [{ _id: 'of-another', text: 'Not of this sheet' }] });

test('a dry run tells what would go, and deletes nothing without a yes', () => {
  const world = spreadsheet(INDEX, { namespace: 'dry' });
  another('dry');
  world.script.syncNow();
  world.removesRow(world.sheet, 3);
  world.answers.push('NO');
  world.script.dryRunOfDeletions();
  assert.match(world.alerts[0], /^Rows that this sheet wrote .*: 1\. Of these the index has 1 now\.\n\nn-2\n\nDelete/s);
  assert.deepEqual(here(world, 'dry'), ['n-1', 'n-2', 'n-3', 'of-another']);
  world.answers.push('YES');
  world.script.dryRunOfDeletions();
  assert.deepEqual([here(world, 'dry'), world.book.toasts.at(-1)], [['n-1', 'n-3', 'of-another'], 'Deleted: 1.']);
  world.script.dryRunOfDeletions();
  assert.equal(world.book.toasts.at(-1), 'Nothing to delete: every record that this sheet wrote has its row.');
});

test('records of removed rows stay unless deleting them was chosen', () => {
  const world = spreadsheet(INDEX, { namespace: 'stay' });
  world.script.syncNow();
  world.removesRow(world.sheet, 2);
  world.script.syncNow();
  assert.deepEqual([here(world, 'stay'), world.alerts], [['n-1', 'n-2', 'n-3'], []]);
});

test('choosing it asks first, and a no leaves it off', () => {
  const world = spreadsheet(INDEX);
  world.answers.push('NO');
  const saved = world.fromPage('saveSheet', { index: INDEX, id_column: 'Id', text_columns: ['Note'], remove: true });
  assert.deepEqual(saved, { remove: false });
  const poor = spreadsheet(INDEX, { scopes: ['read', 'write'] });
  assert.throws(
    () => poor.fromPage('saveSheet', { index: INDEX, id_column: 'Id', text_columns: ['Note'], remove: true }),
    /scope delete/,
  );
});

test('a sync by hand asks before it deletes', () => {
  const world = spreadsheet(INDEX, { namespace: 'hand', remove: true });
  world.script.syncNow();
  world.removesRow(world.sheet, 2);
  world.answers.push('NO');
  world.script.syncNow();
  assert.equal(world.book.toasts.at(-1), '2 unchanged. Deletions that wait for your yes (Dry run of deletions): 1.');
  world.answers.push('YES');
  world.script.syncNow();
  assert.deepEqual([here(world, 'hand'), world.book.toasts.at(-1)], [['n-2', 'n-3'], '2 unchanged, 1 deleted.']);
});

test('a row that is removed disappears by itself, and what the sheet did not write stays', () => {
  const world = spreadsheet(INDEX, { namespace: 'auto', remove: true });
  another('auto');
  world.script.syncNow();
  world.script.automaticOn();
  world.removesRow(world.sheet, 3);
  world.timePasses();
  assert.deepEqual(here(world, 'auto'), ['n-1', 'n-3', 'of-another']);
});

test('a deletion that could not be made is made later', () => {
  const world = spreadsheet(INDEX, { namespace: 'later', remove: true });
  world.script.syncNow();
  world.script.automaticOn();
  world.removesRow(world.sheet, 3);
  const { house } = world;
  world.house = 'http://127.0.0.1:9';
  world.timePasses();
  assert.match(world.kept.document.get('last:1000'), /cannot be reached/);
  world.house = house;
  world.timePasses();
  assert.deepEqual(here(world, 'later'), ['n-1', 'n-3']);
});

test('many at once are held for a yes, as when a sheet was emptied by mistake', () => {
  const rows = [NOTES[0], ...Array.from({ length: 21 }, (_one, at) => [`b-${at}`, `Number ${at}`, 1, 'x', ''])];
  const world = spreadsheet(INDEX, { rows, namespace: 'held', remove: true });
  world.script.syncNow();
  world.script.automaticOn();
  for (let count = 0; count < 21; count += 1) world.removesRow(world.sheet, 2);
  world.timePasses();
  assert.equal(Object.keys(stored(INDEX, ['b-0', 'b-20'], 'held')).length, 2);
  assert.match(world.kept.document.get('last:1000'), /wait for your yes \(Dry run of deletions\): 21/);
});

test('an id that cannot be read is no removed row', () => {
  const world = spreadsheet(INDEX, { namespace: 'unreadable', remove: true });
  world.script.syncNow();
  world.script.automaticOn();
  world.types(world.sheet, 3, 1, [['#REF!']]);
  world.timePasses();
  assert.deepEqual(here(world, 'unreadable'), ['n-1', 'n-2', 'n-3']);
  world.script.dryRunOfDeletions();
  assert.equal(world.alerts.at(-1), 'Row 3 has no id that can be read: until it has, nothing is deleted.');
});

test('another index is another target: nothing of the one before is deleted there', () => {
  const world = spreadsheet(INDEX, { namespace: 'before', remove: true });
  world.script.syncNow();
  world.answers.push('YES');
  world.fromPage('saveSheet', { index: INDEX, namespace: 'after', id_column: 'Id', text_columns: ['Note'], remove: true });
  world.removesRow(world.sheet, 2);
  world.script.syncNow();
  assert.deepEqual(
    [here(world, 'before'), here(world, 'after')],
    [
      ['n-1', 'n-2', 'n-3'],
      ['n-2', 'n-3'],
    ],
  );
});

test('ids that look like numbers are the same ids in the ledger', () => {
  const rows = [
    ['Id', 'Note'],
    ["'007", 'Seven'],
    [12, 'Twelve'],
  ];
  const world = spreadsheet(INDEX, { rows, namespace: 'codes', kept: [], remove: true });
  world.sheet.getRange(2, 1).setNumberFormat('@').setValue('007');
  world.script.syncNow();
  world.script.syncNow();
  assert.deepEqual([Object.keys(stored(INDEX, ['007', '12'], 'codes')).sort(), world.alerts], [['007', '12'], []]);
});
