'use strict';

// One step as Zapier's servers run it: what is to be run comes in as JSON (method, bundle, callback_url), the last line
// that goes out is what it gave. A step that fails ends with its error.

const app = require('../index');
const handler = require('zapier-platform-core/src/tools/create-lambda-handler')(app);

const asked = async () => {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
};

asked()
  .then((step) => handler({ command: 'execute', ...step }))
  .then(({ results }) => console.log(`\n${JSON.stringify(results)}`));
