'use strict';

const { version: platformVersion } = require('zapier-platform-core');
const { searchOrCreates } = require('./definitions.json');
const { creates, searches } = require('./actions');

module.exports = {
  version: require('./package.json').version,
  platformVersion,
  flags: { cleanInputData: false },
  authentication: require('./authentication'),
  triggers: require('./triggers'),
  creates,
  searches,
  searchOrCreates,
};
