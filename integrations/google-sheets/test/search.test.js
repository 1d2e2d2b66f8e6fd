'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { api, failure, newIndex, spreadsheet, until } = require('./house');

const INDEX = 'sheet-search';
let world;
before(() => {
  newIndex(INDEX);
  world = spreadsheet(INDEX);
  world.script.syncNow();
  until('the rows are found', () => api(`/v1/search?index=${INDEX}&q=cones`).passages.length === 3);
});

test('a formula gives the passages, best first, and is asked once in ten minutes', () => {
  world.asked.length = 0;
  const found = world.formula('when do pine cones open?', 2);
  const [score, id, text, source] = found[0];
  assert.deepEqual([found.length, typeof score, id, text, source], [2, 'number', 'n-1', 'Pine cones open when it is dry', 'n-1']);
  assert.deepEqual(world.formula('when do pine cones open?', 2), found);
  assert.equal(world.asked.length, 1);
});

test('a formula uses the key that may only read, and puts it in no URL', () => {
  world.asked.length = 0;
  world.formula('backup');
  assert.equal(world.asked[0].headers.Authorization, `Bearer ${world.searchKey}`);
  assert.ok(!world.asked[0].url.includes('phk_'));
});

test('a filter, an index and a namespace are taken', () => {
  assert.deepEqual(
    world.formula('cones', 5, INDEX, '__default__', '{"Year": {"$gte": 2026}}').map(([, id]) => id),
    ['n-3'],
  );
  assert.deepEqual(world.formula('cones', 5, INDEX, 'empty'), [['Nothing was found', '', '', '']]);
});

test('what is wrong in a formula is said in a sentence', () => {
  assert.equal(
    failure(() => world.formula([['a'], ['b']])),
    'PINEHOOK_SEARCH takes one cell at a time, not a range.',
  );
  assert.equal(
    failure(() => world.formula('')),
    'Say what you are looking for.',
  );
  assert.match(
    failure(() => world.formula('cones', 1000)),
    /top_k/,
  );
  assert.match(
    failure(() => world.formula('cones', 5, 'not-there')),
    /not-there/,
  );
  assert.match(
    failure(() => world.formula('cones', 5, INDEX, '', 'year')),
    /filter/,
  );
});

test('a formula without a search key says what to do', () => {
  const poor = spreadsheet(INDEX);
  poor.kept.script.clear();
  assert.equal(
    failure(() => poor.formula('cones')),
    'PINEHOOK_SEARCH needs a search key: Pinehook > Set up…',
  );
});

test('the dialog searches with the person’s own key, and writes what was found as text', () => {
  const rows = world.fromPage('searchNow', 'pine cones');
  assert.equal(rows[0][1], 'n-1');
  const other = world.book.insertSheet('Found');
  other.chosen = [3, 2];
  world.fromPage('insertRows', [[0.5, 'x', '=IMPORTXML("https://evil.example")', 'y']]);
  assert.deepEqual(other.table()[2], ['', 0.5, 'x', '=IMPORTXML("https://evil.example")', 'y']);
});
