'use strict';

// One spreadsheet's life, told line by line to whoever runs it, who answers "go": what happens in between is its affair.

const { readSync } = require('node:fs');
const { api, newIndex, spreadsheet, until } = require('./house');

const INDEX = 'sheet-story';
const ROWS = 8000;

const tell = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
const ask = (event, more) => {
  tell(event, more);
  if (!readSync(0, Buffer.alloc(16))) throw new Error('nobody answers');
};
const counts = (world) => {
  const told = world.sheet.column('Pinehook').map((status) => status.split(':')[0]);
  return Object.fromEntries([...new Set(told)].map((status) => [status, told.filter((each) => each === status).length]));
};

newIndex(INDEX);
const rows = [['Id', 'Note'], ...Array.from({ length: ROWS }, (_one, at) => [`row-${at}`, `Note number ${at}`])];
rows[1][1] = 'Pine cones open when it is dry';
const world = spreadsheet(INDEX, { rows, kept: [], remove: true });
world.script.automaticOn();

let fetches = 0;
world.whileFetching = () => (fetches += 1) === 2 && tell('sending'); // and goes on sending
world.script.syncNow();
world.whileFetching = () => {};
ask('interrupted', { counts: counts(world) });

world.fire('once', {});
until('the first row is found', () => api(`/v1/search?index=${INDEX}&q=pine+cones&top_k=1`).passages[0]?.id === 'row-0');
tell('searchable', { counts: counts(world), found: world.formula('when do pine cones open?', 1)[0].slice(1, 3) });

world.removesRow(world.sheet, 2);
world.whileFetching = ([{ url }]) => {
  if (!url.includes('delete_vectors')) return;
  world.whileFetching = () => {};
  ask('deleting');
};
world.timePasses();
ask('not deleted', { last: world.kept.document.get('last:1000') });

world.timePasses();
const left = api('/v1/actions/fetch_vectors', { index: INDEX, ids: ['row-0', 'row-1'] }).vectors.map(({ id }) => id);
world.cache.clear();
const found = world.formula('when do pine cones open?', 1)[0][1];
tell('deleted', {
  left,
  found: found === 'row-0',
  records: api('/v1/actions/list_vectors', { index: INDEX, prefix: 'row-', limit: 10000 }).ids.length,
});
process.exit();
