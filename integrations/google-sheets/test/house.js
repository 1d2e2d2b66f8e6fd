'use strict';

// What the tests need: a running Pinehook, keys and indexes in it, and a spreadsheet that a person has set up.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { fetchAll } = require('./blocking');
const { ADDRESS, World } = require('./google');

const { PINEHOOK_TEST_URL: house, PINEHOOK_TEST_KEY: adminKey } = process.env;
if (!house || !adminKey) throw new Error('PINEHOOK_TEST_URL and PINEHOOK_TEST_KEY say which Pinehook to test against');

const api = (path, body) => {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const [answer] = fetchAll([
    { url: house + path, method: body ? 'post' : 'get', headers, payload: body && JSON.stringify(body) },
  ]);
  assert.ok(!answer.error && answer.status < 300, JSON.stringify(answer));
  return JSON.parse(answer.text);
};

const key = (scopes, more = {}) => api('/v1/keys', { name: `sheets ${scopes.join(' ')}`, scopes, ...more }).key;

const until = (what, look) => {
  const end = Date.now() + 60000;
  while (Date.now() < end) {
    const found = look();
    if (found) return found;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  throw new Error(`waited in vain until ${what}`);
};

const newIndex = (name) => {
  const embed = { model: 'llama-text-embed-v2', field_map: { text: 'text' } };
  api('/v1/actions/create_index', { name, cloud: 'aws', region: 'us-east-1', embed });
  until(`${name} is ready`, () => api('/v1/actions/describe_index', { index: name }).ready);
  return name;
};

const NOTES = [
  ['Id', 'Note', 'Year', 'Code', 'Tags'],
  ['n-1', 'Pine cones open when it is dry', 2024, "'007", 'nature, trees'],
  ['n-2', 'Webhooks arrive signed', 2025, "'012", 'web'],
  ['n-3', 'A backup is a copy of an index', 2026, "'100", ''],
];
const CHOSEN = {
  connection: '',
  namespace: '',
  id_column: 'Id',
  text_columns: ['Note'],
  kept: [
    { name: 'Year', kind: 'value' },
    { name: 'Code', kind: 'value' },
    { name: 'Tags', kind: 'list' },
  ],
};

// A spreadsheet with rows in its first sheet, connected by a key, and set up for an index.
const spreadsheet = (index, { rows = NOTES, scopes = ['read', 'write', 'delete'], limits = {}, ...chosen } = {}) => {
  const world = new World({ house });
  world.sheet = world.book.getSheets()[0];
  rows[0].forEach((name, at) => name === 'Code' && world.sheet.getRange(2, at + 1, 2000).setNumberFormat('@'));
  world.sheet.getRange(1, 1, rows.length, rows[0].length).setValues(rows);
  world.key = key(scopes, limits);
  world.searchKey = key(['read']);
  world.fromPage('saveConnection', { url: ADDRESS, key: world.key, search_key: world.searchKey });
  if (chosen.remove) world.answers.push('YES');
  world.fromPage('saveSheet', { ...CHOSEN, index, ...chosen });
  world.asked.length = 0;
  world.alerts.length = 0;
  return world;
};

const stored = (index, ids, namespace) => {
  const found = api('/v1/actions/fetch_vectors', { index, ids, ...(namespace ? { namespace } : {}) });
  return Object.fromEntries(found.vectors.map(({ id, metadata }) => [id, metadata]));
};

// A server that is no Pinehook, in a process of its own: this one stands still while it asks.
const otherServer = async (status, text) => {
  const program = `require('node:http').createServer((_request, answer) => answer.writeHead(${status}).end(${JSON.stringify(text)}))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return { url: `http://127.0.0.1:${String(port).trim()}`, close: () => child.kill() };
};

const failure = (work) => {
  try {
    work();
  } catch (error) {
    return error.message;
  }
  throw new Error('it did not fail');
};

module.exports = { ADDRESS, CHOSEN, NOTES, World, api, failure, house, key, newIndex, otherServer, spreadsheet, stored, until };
