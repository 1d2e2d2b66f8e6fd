'use strict';

// What the how-to shows, as JSON: the sheets as the scripts leave them, as their cells.

const { ADDRESS, api, key, newIndex, run, workbook } = require('./excel');

const ROWS = [
  ['Id', 'Note', 'Year', 'Tags'],
  ['n-1', 'Pine cones open when the air is dry and close in the rain.', 2024, 'nature, trees'],
  ['n-2', 'A webhook is a message that a server sends when something happened.', 2025, 'web'],
  ['n-3', 'Backups keep a copy of an index; a restore job makes a new index of it.', 2026, 'backups'],
  ['n-4', '', 2026, ''],
];
const VALUES = {
  url: ADDRESS,
  index: 'notes',
  table: 'Table1',
  'id column': 'Id',
  'text columns': 'Note',
  'kept columns': 'Year',
  'list columns': 'Tags',
};

const main = async () => {
  await newIndex('notes');
  const book = workbook(ROWS);
  book.sheets.delete('Pinehook');
  const secret = await key('read', 'write');
  await run('PinehookSync', book, secret);
  const sheet = book.getWorksheet('Pinehook');
  sheet.table().forEach(([name], at) => name in VALUES && sheet.put(at, 1, VALUES[name]));
  const settings = sheet.table().slice(0, 9); // those that are filled in
  await run('PinehookSync', book, secret);
  await api('/v1/search?index=notes&q=pine');
  await run('PinehookSearch', book, 'when do pine cones open?', secret);
  process.stdout.write(
    JSON.stringify([
      { name: 'excel-settings', cells: settings },
      { name: 'excel-after', cells: book.getWorksheet('Rows').table() },
      { name: 'excel-search', cells: book.getWorksheet('Pinehook search').table() },
    ]),
  );
};

main();
