'use strict';

// Excel as an Office Script sees it: a workbook, and a fetch that obeys CORS as the browser below Excel does. HTTP is real.

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { createContext, runInContext } = require('node:vm');
const ts = require('typescript');

const { PINEHOOK_TEST_URL: house, PINEHOOK_TEST_KEY: adminKey } = process.env;
if (!house || !adminKey) throw new Error('PINEHOOK_TEST_URL and PINEHOOK_TEST_KEY say which Pinehook to test against');
const ADDRESS = 'https://pinehook.example.com';
const ORIGIN = 'https://a-changing-name.officescripts.microsoftusercontent.com';
const SIMPLE = ['accept', 'accept-language', 'content-language'];
const SHOWN = ['cache-control', 'content-language', 'content-length', 'content-type', 'expires', 'last-modified'];

class Range {
  constructor(sheet, row, column, height, width) {
    Object.assign(this, { sheet, row, column, height, width });
  }
  map(work) {
    return Array.from({ length: this.height }, (_row, down) =>
      Array.from({ length: this.width }, (_cell, right) => work(this.row + down, this.column + right, down, right)),
    );
  }
  getValues = () => this.map((row, column) => this.sheet.cell(row, column));
  getNumberFormats = () => this.map((row, column) => this.sheet.formats.get(`${row}:${column}`) ?? 'General');
  setValues(values) {
    if (values.length !== this.height || values.some((line) => line.length !== this.width))
      throw new Error('The number of rows or columns does not match.');
    this.map((row, column, down, right) => this.sheet.put(row, column, values[down][right]));
  }
  clear = () => void this.map((row, column) => this.sheet.put(row, column, ''));
}

class Sheet {
  constructor(name) {
    Object.assign(this, { name, rows: [], formats: new Map() });
  }
  cell = (row, column) => this.rows[row]?.[column] ?? '';
  // Excel takes a text that looks like a number for one, and drops an apostrophe before a text.
  put(row, column, value) {
    while (this.rows.length <= row) this.rows.push([]);
    const number =
      typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) && this.formats.get(`${row}:${column}`) !== '@';
    this.rows[row][column] = number ? Number(value) : typeof value === 'string' && value.startsWith("'") ? value.slice(1) : value;
  }
  getUsedRange() {
    const height = this.rows.findLastIndex((row) => row.some((cell) => cell !== '' && cell !== undefined)) + 1;
    return height ? new Range(this, 0, 0, height, Math.max(...this.rows.map((row) => row.length))) : undefined;
  }
  getRangeByIndexes = (row, column, height, width) => new Range(this, row, column, height, width);
  activate = () => {};
  table = () => this.getUsedRange()?.getValues() ?? [];
}

class Table {
  constructor(sheet, rows) {
    Object.assign(this, { sheet, height: rows.length - 1, width: rows[0].length });
    sheet.getRangeByIndexes(0, 0, rows.length, rows[0].length).setValues(rows);
  }
  getHeaderRowRange = () => new Range(this.sheet, 0, 0, 1, this.width);
  getRangeBetweenHeaderAndTotal = () => new Range(this.sheet, 1, 0, this.height, this.width);
  getColumnByName(name) {
    const at = this.getHeaderRowRange().getValues()[0].indexOf(name);
    return at < 0 ? undefined : { getRangeBetweenHeaderAndTotal: () => new Range(this.sheet, 1, at, this.height, 1) };
  }
  addColumn(_index, _values, name) {
    this.width += 1;
    this.sheet.put(0, this.width - 1, name);
  }
}

class Workbook {
  sheets = new Map();
  tables = new Map();
  getWorksheet = (name) => this.sheets.get(name);
  addWorksheet = (name) => (this.sheets.set(name, new Sheet(name)), this.sheets.get(name));
  getTable = (name) => this.tables.get(name);
  column(name, table = 'Table1') {
    const column = this.tables.get(table).getColumnByName(name);
    return column
      .getRangeBetweenHeaderAndTotal()
      .getValues()
      .map(([cell]) => cell);
  }
}

// What a browser does for a page of another origin: it asks first, and shows the page what the answer allows.
const browser =
  (asked) =>
  async (url, { method = 'GET', headers = {}, body } = {}) => {
    const address = url.replace(ADDRESS, house);
    const simple = method === 'POST' ? ['text/plain'] : [];
    const unusual = Object.keys(headers)
      .map((name) => name.toLowerCase())
      .filter((name) => !SIMPLE.includes(name) && !(name === 'content-type' && simple.includes(headers[name])));
    if (unusual.length) {
      const wish = {
        origin: ORIGIN,
        'access-control-request-method': method,
        'access-control-request-headers': unusual.sort().join(','),
      };
      const allowed = await fetch(address, { method: 'OPTIONS', headers: wish });
      const names = (allowed.headers.get('access-control-allow-headers') || '').toLowerCase().split(/,\s*/);
      const fits =
        allowed.ok && allowed.headers.get('access-control-allow-origin') === '*' && unusual.every((name) => names.includes(name));
      if (!fits) throw new TypeError('Failed to fetch');
    }
    asked.push({ url, method, headers, body });
    const answer = await fetch(address, { method, headers: { ...headers, origin: ORIGIN }, body }).catch(() => null);
    if (!answer || answer.headers.get('access-control-allow-origin') !== '*') throw new TypeError('Failed to fetch');
    const shown = [...SHOWN, ...(answer.headers.get('access-control-expose-headers') || '').toLowerCase().split(/,\s*/)];
    return {
      status: answer.status,
      json: () => answer.json(),
      headers: { get: (name) => (shown.includes(name.toLowerCase()) ? answer.headers.get(name) : null) },
    };
  };

// Run a script as Excel would: transpiled, in a world of its own, with what a person answers to its parameters.
const run = async (name, workbook, ...given) => {
  const text = readFileSync(join(__dirname, '..', `${name}.ts`), 'utf8');
  const { outputText } = ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2017 } });
  workbook.asked = [];
  const world = createContext({
    ExcelScript: { ClearApplyTo: { contents: 'Contents' } },
    fetch: workbook.fetch || browser(workbook.asked),
    Date: workbook.Date || Date,
  });
  runInContext(outputText, world, { filename: `${name}.js` });
  return world.main(workbook, ...given);
};

const api = async (path, body) => {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const answer = await fetch(house + path, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(told));
  return told;
};
const key = async (...scopes) => (await api('/v1/keys', { name: `excel ${scopes.join(' ')}`, scopes })).key;

const newIndex = async (name) => {
  const embed = { model: 'llama-text-embed-v2', field_map: { text: 'text' } };
  await api('/v1/actions/create_index', { name, cloud: 'aws', region: 'us-east-1', embed });
  const run_ = await api('/v1/actions/wait_for_index', { index: name });
  if (run_.state) await api(`/v1/runs/${run_.id}?wait=30`);
  return name;
};

const workbook = (rows, settings = {}) => {
  const book = new Workbook();
  if (rows) {
    const sheet = book.addWorksheet('Rows');
    rows[0].forEach((name, at) => name === 'Code' && rows.forEach((_row, row) => sheet.formats.set(`${row}:${at}`, '@')));
    book.tables.set('Table1', new Table(sheet, rows));
  }
  const chosen = { url: ADDRESS, table: 'Table1', ...settings };
  const lines = [['Setting', 'Value'], ...Object.entries(chosen)];
  book.addWorksheet('Pinehook').getRangeByIndexes(0, 0, lines.length, 2).setValues(lines);
  return book;
};

module.exports = { ADDRESS, Workbook, api, house, key, newIndex, run, workbook };
