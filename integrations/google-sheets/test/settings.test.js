'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { ADDRESS, World, api, failure, house, key, newIndex, spreadsheet, until } = require('./house');

const INDEX = 'sheet-settings';
before(() => newIndex(INDEX));

test('the menu leads to everything', () => {
  const world = new World({ house });
  world.script.onOpen();
  assert.deepEqual(
    world.menu.items.map(([caption]) => caption),
    [
      'Set up…',
      'Sync this sheet now',
      'Sync changes automatically: on',
      'Sync changes automatically: off',
      'Dry run of deletions',
      'Search…',
    ],
  );
  assert.ok(world.menu.items.every(([, called]) => typeof world.script[called] === 'function'));
});

test('the sidebar is shown what is set, with the keys masked', () => {
  const world = spreadsheet(INDEX);
  world.script.showSidebar();
  const shown = world.fromPage('readSettings');
  assert.equal(world.shown.name, 'Sidebar');
  assert.deepEqual(
    [shown.url, shown.key, shown.search_key, shown.chosen.index, shown.columns],
    [
      ADDRESS,
      `••••••••${world.key.slice(-4)}`,
      `••••••••${world.searchKey.slice(-4)}`,
      INDEX,
      ['Id', 'Note', 'Year', 'Code', 'Tags'],
    ],
  );
  assert.ok(world.fromPage('listOptions', 'indexes', {}).some(({ id }) => id === INDEX));
});

test('keys are in no cell, in nothing that all may read, and can be forgotten', () => {
  const world = spreadsheet(INDEX);
  world.script.syncNow();
  const cells = JSON.stringify(world.book.getSheets().map((sheet) => sheet.table()));
  const shared = JSON.stringify([[...world.kept.document], [...world.kept.script], world.fromPage('readSettings')]);
  assert.ok(!(cells + shared).includes(world.key));
  assert.ok(!(cells + JSON.stringify([...world.kept.document])).includes(world.searchKey));
  assert.ok(world.asked.every(({ url }) => !url.includes('phk_')));
  world.fromPage('forgetKeys');
  assert.equal(
    failure(() => world.script.sync_(world.sheet, {})),
    'Set the URL of your Pinehook and your API key first: Pinehook > Set up…',
  );
});

test('what is wrong with a connection is said before anything is kept', () => {
  const world = new World({ house });
  const told = (form) => failure(() => world.fromPage('saveConnection', { url: ADDRESS, ...form }));
  assert.match(told({ url: 'http://pinehook.example.com', key: 'phk_x' }), /by HTTPS/);
  assert.match(told({}), /^Give an API key/);
  assert.match(told({ key: 'phk_wrong' }), /key/i);
  assert.equal(told({ key: key(['read']) }), 'The API key lacks the scope write; it has read.');
  const both = key(['read', 'write']);
  assert.match(told({ key: both, search_key: both }), /must have the scope read alone/);
  assert.deepEqual([[...world.kept.user], [...world.kept.script]], [[], []]);
});

test('what is missing in the set-up of a sheet is said', () => {
  const world = spreadsheet(INDEX);
  const told = (form) => failure(() => world.fromPage('saveSheet', form));
  assert.equal(told({}), 'Choose an index.');
  assert.match(told({ index: INDEX }), /^Choose the column of ids/);
  assert.match(told({ index: INDEX, id_column: 'Id' }), /^Choose at least one column/);
  assert.match(told({ index: INDEX, id_column: 'Key', text_columns: ['Note'] }), /no column “Key”/);
});

test('automatic syncing is turned on once, and off', () => {
  const world = spreadsheet(INDEX);
  world.script.automaticOn();
  world.script.automaticOn();
  assert.deepEqual(
    world.triggers.map(({ called }) => called),
    ['whenEdited', 'whenChanged', 'whenDue'],
  );
  assert.equal(world.fromPage('readSettings').automatic, true);
  world.script.automaticOff();
  assert.deepEqual(world.triggers, []);
});

test('keys that are limited to the index are enough for all of it', () => {
  const limits = { indexes: [INDEX] };
  const world = spreadsheet(INDEX, { limits, namespace: 'limited', remove: true });
  world.kept.script.set('search_key', key(['read'], limits));
  const offered = ['connections', 'indexes'].map(
    (source) => world.fromPage('listOptions', source, { connection: '' }).length > 0,
  );
  world.script.syncNow();
  world.removesRow(world.sheet, 4);
  world.answers.push('YES');
  world.script.syncNow();
  assert.deepEqual([offered, world.book.toasts.at(-1)], [[false, true], '2 unchanged, 1 deleted.']);
  until('the rows are found', () => api(`/v1/search?index=${INDEX}&namespace=limited&q=pine`).passages.length === 2);
  assert.equal(world.formula('pine cones', 1)[0][1], 'n-1');
});

test('a key that is limited to other indexes says so', () => {
  const world = spreadsheet(INDEX, { limits: { indexes: ['other-*'] } });
  world.script.syncNow();
  assert.match(world.sheet.column('Pinehook')[0], /^waiting: .*other-\*/);
});
