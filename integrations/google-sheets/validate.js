'use strict';

// What the type check cannot see: the manifest asks for no more than it needs, and what Google or the pages call is there.

const assert = require('node:assert/strict');
const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

const folder = join(__dirname, 'script');
const read = (name) => readFileSync(join(folder, name), 'utf8');
const sources = readdirSync(folder).filter((name) => name.endsWith('.js'));
const pages = readdirSync(folder).filter((name) => name.endsWith('.html'));
const code = sources.map(read).join('\n');

const manifest = JSON.parse(read('appsscript.json'));
const scope = (name) => `https://www.googleapis.com/auth/${name}`;
assert.deepEqual(
  manifest.oauthScopes,
  ['spreadsheets.currentonly', 'script.container.ui', 'script.external_request', 'script.scriptapp'].map(scope),
  'the manifest asks for the smallest scopes that cover what the script does',
);
assert.deepEqual([manifest.runtimeVersion, manifest.timeZone], ['V8', 'Etc/UTC']);

// All files of an Apps Script share one scope: a name that is there twice hides the other one.
const names = [...code.matchAll(/^(?:const|let|function) (\w+)/gm)].map(([, name]) => name);
assert.deepEqual(
  names.filter((name, place) => names.indexOf(name) !== place),
  [],
  'names that are there twice',
);

// Whatever does not end in _ can be called from a cell and from a page: those are all, and all of these are there.
const called = [
  ...[...code.matchAll(/addItem\([^,]*, '(\w+)'\)/g), ...code.matchAll(/newTrigger\('(\w+)'\)/g)].map(([, name]) => name),
  ...pages.flatMap((page) => [...read(page).matchAll(/ask\('(\w+)'/g)].map(([, name]) => name)),
  'onOpen',
  'PINEHOOK_SEARCH',
];
const open = [...code.matchAll(/^function (\w*[^_\W])\(/gm)].map(([, name]) => name);
assert.deepEqual([...new Set(called)].sort(), open.sort(), 'the functions that can be called from outside');

for (const page of pages) {
  assert.match(code, new RegExp(`createHtmlOutputFromFile\\('${page.replace('.html', '')}'\\)`), `${page} is shown by nothing`);
  const given = read(page);
  assert.doesNotMatch(given, /innerHTML|document\.write|<script src|<link/, `${page} puts no text in as HTML and loads nothing`);
  for (const [, script] of given.matchAll(/<script>([\s\S]*?)<\/script>/g)) new Function(script); // a syntax error throws
}
assert.doesNotMatch(code, /console\.|Logger\./, 'nothing is logged, so no key can be');
