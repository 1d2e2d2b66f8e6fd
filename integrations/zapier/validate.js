'use strict';

// The platform's own structural validation, offline: exits with 1 and its findings when the app is not valid.

const handler = require('zapier-platform-core/src/tools/create-lambda-handler')(require('./index'));

handler({ command: 'validate' }).then(({ results }) => {
  for (const { property, message } of results) console.error(`${property}: ${message}`);
  process.exitCode = results.length ? 1 : 0;
});
