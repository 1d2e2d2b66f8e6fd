'use strict';

// Whether the package is what n8n and its community lint rules ask for: exits with 1 and what is wrong.

const { readFileSync } = require('node:fs');
const path = require('node:path');
const { inspect } = require('node:util');
const { ESLint } = require('eslint');
const { NodeHelpers } = require('n8n-workflow');
const { actions } = require('../definitions.json');
const manifest = require('../package.json');

const WHOLLY = { depth: Infinity, maxArrayLength: null, maxStringLength: null, breakLength: 0 };
const ROOT = path.join(__dirname, '..');

// Rules that are not for us, each with its reason.
const OFF = {
  'cred-class-field-documentation-url-missing': 'the documentation comes with the package',
  'node-param-default-wrong-for-limit': 'the schema of the action says what its limit is',
  'node-param-description-wrong-for-limit': 'the schema of the action says what its limit means',
  'node-param-min-value-wrong-for-limit': 'the schema of the action says what its limit is',
  'node-param-description-miscased-url': 'what is called url in the data is called so here',
  'node-param-placeholder-miscased-id': 'a placeholder is an example, as JSON',
  'node-param-description-unneeded-backticks': 'they come from writing the class down for the rules',
  'community-package-json-license-not-default': 'Pinehook is under Apache-2.0',
  'community-package-json-author-missing': 'the package is not published',
  'community-package-json-author-email-still-default': 'the package is not published',
  'community-package-json-repository-url-still-default': 'the package is not published',
};

// The rules read TypeScript: the class as it is at run time, written down as such.
const asTypeScript = (name, file) => {
  const instance = new (require(file)[name])();
  const isNode = file.endsWith('.node.js');
  const parts = isNode ? { description: instance.description } : { ...instance };
  const types = { description: ': INodeTypeDescription', properties: ': INodeProperties[]', authenticate: ': IAuthenticateGeneric', test: ': ICredentialTestRequest' };
  const fields = Object.entries(parts).map(([key, value]) => `  ${key}${types[key] ?? ''} = ${inspect(value, WHOLLY)};`);
  return `export class ${name} implements ${isNode ? 'INodeType' : 'ICredentialType'} {\n${fields.join('\n\n')}\n}\n`;
};

const linter = (config) =>
  new ESLint({
    useEslintrc: false,
    baseConfig: {
      parser: '@typescript-eslint/parser',
      parserOptions: { sourceType: 'module', extraFileExtensions: ['.json'] },
      plugins: ['n8n-nodes-base'],
      extends: [`plugin:n8n-nodes-base/${config}`],
      rules: Object.fromEntries(Object.keys(OFF).map((rule) => [`n8n-nodes-base/${rule}`, 'off'])),
    },
  });

const linted = async (config, text, file) => {
  const [{ messages }] = await linter(config).lintText(text, { filePath: path.join(ROOT, file) });
  return messages.map(({ ruleId, message, line }) => `${file}: ${ruleId}: ${message}\n    ${text.split('\n')[line - 1]?.trim()}`);
};

// What n8n itself misses when it is empty; of JSON and of lists it does not look.
const isChecked = ({ required, type, typeOptions }) => required && ['string', 'resourceLocator', 'multiOptions'].includes(type) && !typeOptions?.multipleValues;

// Every action can be filled in: its form has what its definition reads, and what is required is missed when it is not there.
const unreachable = () => {
  const { Pinehook } = require('../nodes/Pinehook/Pinehook.node.js');
  const { description } = new Pinehook();
  const [resources] = description.properties;
  const wrong = [];
  const seen = new Set();
  for (const { value: resource } of resources.options) {
    const { options } = description.properties.find(({ name, displayOptions }) => name === 'operation' && displayOptions.show.resource[0] === resource);
    for (const { value: operation } of options) {
      seen.add(operation);
      const node = { typeVersion: 1, parameters: { resource, operation } };
      const form = NodeHelpers.getNodeParameters(description.properties, node.parameters, true, false, node, description);
      const { read, more } = actions[operation];
      const lost = Object.keys(read).filter((key) => !more.includes(key) && !(key in form));
      if (lost.length) wrong.push(`${operation}: no field for ${lost.join(', ')}`);
      const issues = NodeHelpers.getNodeParametersIssues(description.properties, { ...node, name: operation, parameters: form }, description);
      const checked = description.properties.filter((each) => isChecked(each) && each.displayOptions?.show.operation?.includes(operation));
      const missed = checked.filter(({ name }) => !issues?.parameters?.[name]).map(({ name }) => name);
      if (missed.length) wrong.push(`${operation}: n8n does not miss ${missed.join(', ')}`);
    }
  }
  const hidden = Object.keys(actions).filter((name) => !seen.has(name));
  return hidden.length ? [...wrong, `no operation for ${hidden.join(', ')}`] : wrong;
};

const main = async () => {
  const wrong = unreachable();
  for (const file of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) {
    const name = path.basename(file).split('.')[0];
    const config = file.endsWith('.node.js') ? 'nodes' : 'credentials';
    wrong.push(...(await linted(config, asTypeScript(name, path.join(ROOT, file)), file.replace(/js$/, 'ts'))));
  }
  wrong.push(...(await linted('community', readFileSync(path.join(ROOT, 'package.json'), 'utf8'), 'package.json')));
  for (const each of wrong) console.error(each);
  process.exitCode = wrong.length ? 1 : 0;
};

main();
