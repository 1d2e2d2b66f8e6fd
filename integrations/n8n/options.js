'use strict';

const { ask } = require('./asking');
const { read } = require('./input');

// What can be chosen, from /v1/options: of the connection and the index that the form has.
const offered = async (context, source) => {
  const qs = {};
  for (const name of ['connection', 'index']) {
    const found = await read(context, 0, name, 'chosen', context.getCurrentNodeParameter(name));
    if (found && source !== 'connections') qs[name] = found;
  }
  const { body } = await ask(context, 'GET', `/v1/options/${source}`, { qs });
  return body.data.map(({ id, name }) => ({ name, value: id }));
};

const searched = (source) =>
  async function search(filter = '') {
    const wanted = filter.toLowerCase();
    const all = await offered(this, source);
    return { results: all.filter(({ name, value }) => `${name} ${value}`.toLowerCase().includes(wanted)) };
  };

const SOURCES = ['backups', 'connections', 'indexes', 'models', 'namespaces'];

module.exports = {
  listSearch: Object.fromEntries(SOURCES.map((source) => [source, searched(source)])),
  loadOptions: {
    async namespaces() {
      return await offered(this, 'namespaces');
    },
  },
};
