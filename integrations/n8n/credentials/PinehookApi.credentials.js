'use strict';

class PinehookApi {
  name = 'pinehookApi';

  displayName = 'Pinehook API';

  icon = 'file:../nodes/Pinehook/pinehook.svg';

  properties = [
    {
      displayName: 'URL',
      name: 'url',
      type: 'string',
      default: '',
      required: true,
      placeholder: 'https://pinehook.example.com',
      description: 'Where your Pinehook is. This n8n must be able to reach it.',
    },
    {
      displayName: 'API Key',
      name: 'apiKey',
      type: 'string',
      typeOptions: { password: true },
      default: '',
      required: true,
      description:
        'A Pinehook API key (phk_…), not a Pinecone one. It decides what workflows may do: the scopes read and write are enough for all but deletions and administration.',
    },
  ];

  authenticate = {
    type: 'generic',
    properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
  };

  test = {
    request: { baseURL: '={{$credentials.url.replace(/[/]+$/, "")}}', url: '/v1/me' },
    rules: [
      {
        type: 'responseSuccessBody',
        properties: { key: 'label', value: undefined, message: 'There is no Pinehook at this URL' },
      },
    ],
  };
}

module.exports = { PinehookApi };
