'use strict';

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { ADDRESS, World, failure, key, newIndex, otherServer, spreadsheet } = require('./house');

const INDEX = 'sheet-trouble';
before(() => newIndex(INDEX));

test('too much at once is asked again when the bridge says, and goes on later', () => {
  const world = spreadsheet(INDEX, { limits: { calls_per_minute: 4 }, namespace: 'limited' });
  const waits = () => (world.sheet.column('Pinehook')[0] || '').startsWith('waiting: ');
  for (let count = 0; count < 50 && !waits(); count += 1) world.script.syncNow();
  assert.match(world.sheet.column('Pinehook')[0], /^waiting: .*4/);
  assert.ok(
    world.slept.every((ms) => ms >= 1000 && ms <= 60000 && ms % 1000 === 0),
    String(world.slept),
  );
  assert.deepEqual(
    world.triggers.map(({ called, ms }) => [called, ms >= 300000]),
    [['whenContinued', true]],
  );
  world.kept.user.set('key', key(['read', 'write']));
  world.fire('once', {});
  assert.deepEqual([world.sheet.column('Pinehook'), world.triggers], [['unchanged', 'unchanged', 'unchanged'], []]);
});

test('a bridge that cannot be reached is said, and the rows wait', () => {
  const world = spreadsheet(INDEX, { namespace: 'unreachable' });
  world.house = 'http://127.0.0.1:9';
  world.script.syncNow();
  const told = 'waiting: https://pinehook.example.com cannot be reached from Google: it must be on the internet, by HTTPS';
  assert.deepEqual(world.sheet.column('Pinehook'), [told, told, told]);
  assert.equal(world.slept.length, 3);
});

test('a refusal that stays one is not asked again, and its fault is named', () => {
  const world = spreadsheet(INDEX, { namespace: 'refused', provider: 'pinecone' });
  world.script.syncNow();
  const [told] = world.sheet.column('Pinehook');
  assert.match(told, /^waiting: .*embed: does not go with an integrated index/);
  assert.deepEqual([world.slept, world.triggers], [[], []]);
});

test('an index that is not there is said', () => {
  const world = spreadsheet('not-there');
  world.script.syncNow();
  assert.match(world.sheet.column('Pinehook')[0], /^waiting: .*not-there/);
});

test('a revoked key is said, and no key is in what is said', () => {
  const world = spreadsheet(INDEX);
  const wrong = `phk_${'x'.repeat(43)}`;
  world.kept.user.set('key', wrong);
  world.script.syncNow();
  const told = JSON.stringify([world.sheet.table(), world.alerts, world.book.toasts, [...world.kept.document]]);
  assert.match(world.sheet.column('Pinehook')[0], /^waiting: .*key/i);
  assert.ok(!told.includes(wrong));
});

test('the fetches of a day are counted, and the rest waits for the next', () => {
  const world = spreadsheet(INDEX, { namespace: 'spent' });
  const day = () => new Date(Date.now() + world.ahead).toISOString().slice(0, 10);
  world.kept.user.set('fetched', `${day()} 18000`);
  world.script.automaticOn();
  world.script.syncNow();
  assert.deepEqual(world.book.toasts.at(-1), '3 waiting. Google lets this account fetch no more today; it goes on tomorrow.');
  world.ahead += 24 * 3600 * 1000;
  world.timePasses();
  assert.deepEqual(world.sheet.column('Pinehook'), ['upserted', 'upserted', 'upserted']);
});

test('a server that answers JSON of its own is recognised', async () => {
  const world = spreadsheet(INDEX, { namespace: 'other' });
  const other = await otherServer(200, '{}');
  try {
    world.house = other.url;
    world.script.syncNow();
    assert.equal(world.sheet.column('Pinehook')[0], 'waiting: The URL answered 200, and not as a Pinehook does');
    const told = failure(() => world.fromPage('saveConnection', { url: ADDRESS, key: 'phk_any' }));
    assert.equal(told, 'What answers at the URL is no Pinehook.');
  } finally {
    other.close();
  }
});

test('another server at the URL is recognised', async () => {
  const other = await otherServer(502, '<html>Bad Gateway</html>');
  try {
    const world = new World({ house: other.url });
    const told = failure(() => world.fromPage('saveConnection', { url: ADDRESS, key: 'phk_any' }));
    assert.equal(told, 'The URL answered 502, and not as a Pinehook does');
  } finally {
    other.close();
  }
});
