'use strict';

const { ask } = require('./requests');

const test = async (z, bundle) => {
  const response = await ask(z, bundle, '/v1/me');
  if (typeof response.data?.label !== 'string') {
    throw new z.errors.Error('There is no Pinehook at this URL', 'not_pinehook', response.status);
  }
  return response.data;
};

module.exports = {
  type: 'custom',
  fields: [
    {
      key: 'url',
      label: 'URL',
      type: 'string',
      required: true,
      placeholder: 'https://pinehook.example.com',
      helpText: 'Where your Pinehook is. Zapier must be able to reach it.',
    },
    {
      key: 'api_key',
      label: 'API Key',
      type: 'password',
      required: true,
      helpText: 'A Pinehook API key (phk_…), not a Pinecone one. It decides what Zaps may do: the scopes read and write are enough for all but deletions and administration.',
    },
  ],
  test,
  connectionLabel: '{{label}}',
};
