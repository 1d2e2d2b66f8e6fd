'use strict';

// The parameter that both nodes have: on which of Pinehook's connections.
const connection = (description) => ({
  displayName: 'Connection',
  name: 'connection',
  type: 'resourceLocator',
  default: { mode: 'list', value: '' },
  modes: [
    {
      displayName: 'From List',
      name: 'list',
      type: 'list',
      typeOptions: { searchListMethod: 'connections', searchable: true },
    },
    { displayName: 'By Name or ID', name: 'name', type: 'string' },
  ],
  description,
});

module.exports = { connection };
