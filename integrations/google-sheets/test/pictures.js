'use strict';

// What the how-to shows, as JSON: sheets as their cells, and the script's own pages with the answers that the script gives them.

const { ADDRESS, World, api, house, key, newIndex, until } = require('./house');

const ROWS = [
  ['Id', 'Note', 'Year', 'Tags'],
  ['n-1', 'Pine cones open when the air is dry and close in the rain.', 2024, 'nature, trees'],
  ['n-2', 'A webhook is a message that a server sends when something happened.', 2025, 'web'],
  ['n-3', 'Backups keep a copy of an index; a restore job makes a new index of it.', 2026, 'backups'],
  ['n-4', '', 2026, ''],
];
const QUESTION = 'when do pine cones open?';

const pictures = [];
const grid = (name, cells, bar) => pictures.push({ name, cells, bar });
const page = (world, name, answers, after, width, height) => {
  const bridge = `<script>
    const answers = ${JSON.stringify(answers).replace(/</g, '\\u003c')};
    const run = { withSuccessHandler: (then) => ({ withFailureHandler: () => new Proxy({}, { get: (_all, name) => (given) => then(name === 'listOptions' ? answers[given] : answers[name]) }) }) };
    window.google = { script: { run } };
  </script>`;
  const html = world.shown.html
    .replace('<head>', `<head>${bridge}`)
    .replace('</body>', `<script>addEventListener('load', () => { ${after} });</script></body>`);
  pictures.push({ name, html, width, height });
};

newIndex('notes');
const world = new World({ house });
const sheet = (world.sheet = world.book.getSheets()[0]);
sheet.getRange(1, 1, ROWS.length, ROWS[0].length).setValues(ROWS);
grid('sheet-before', sheet.table());

world.fromPage('saveConnection', { url: ADDRESS, key: key(['read', 'write', 'delete']), search_key: key(['read']) });
world.answers.push('YES');
const kept = [
  { name: 'Year', kind: 'value' },
  { name: 'Tags', kind: 'list' },
];
world.fromPage('saveSheet', { index: 'notes', id_column: 'Id', text_columns: ['Note'], kept, remove: true });
world.script.showSidebar();
const answers = () => ({
  readSettings: world.fromPage('readSettings'),
  connections: [],
  indexes: world.fromPage('listOptions', 'indexes', {}),
});
page(world, 'sheet-sidebar', answers(), '', 320, 800);

world.script.syncNow();
grid('sheet-after', sheet.table());
until('the rows are found', () => api('/v1/search?index=notes&q=pine').passages.length === 3);

world.script.showSearch();
const searching = `at('query').value = ${JSON.stringify(QUESTION)}; at('form').requestSubmit();`;
page(world, 'sheet-search', { searchNow: world.fromPage('searchNow', QUESTION) }, searching, 560, 300);
grid('sheet-formula', world.formula(QUESTION, 2), `=PINEHOOK_SEARCH("${QUESTION}", 2)`);

world.removesRow(sheet, 3);
world.answers.push('NO');
world.script.dryRunOfDeletions();
process.stderr.write(`${world.alerts.at(-1)}\n`);
process.stdout.write(JSON.stringify(pictures));
process.exit();
