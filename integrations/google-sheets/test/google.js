'use strict';

// Stand-ins for Google's services, as strict as Google where a script could come to grief; HTTP is real. A world is one
// spreadsheet with the script in it, a person who clicks, and a clock that jumps where Google would let time pass.

const { readFileSync, readdirSync } = require('node:fs');
const { createHash, randomUUID } = require('node:crypto');
const { join } = require('node:path');
const { runInContext, createContext } = require('node:vm');
const { fetchAll } = require('./blocking');
const { Book } = require('./book');

const FOLDER = join(__dirname, '../script');
const ADDRESS = 'https://pinehook.example.com'; // Google reaches https alone; the stand-in leads it to the house
const BYTES = 50 * 1024 * 1024;

const properties = (kept, { readOnly = () => false } = {}) => ({
  getProperty: (name) => kept.get(name) ?? null,
  getProperties: () => Object.fromEntries(kept),
  setProperty: (name, value) => {
    if (readOnly()) throw new Error('You do not have permission to call setProperty');
    if (Buffer.byteLength(String(value)) > 9 * 1024) throw new Error('Argument too large: value');
    kept.set(name, String(value));
  },
  deleteProperty: (name) => void kept.delete(name),
});

const formatted = (date, zone, pattern) => {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  }).formatToParts(date);
  const { year, month, day, hour, minute, second, timeZoneName } = Object.fromEntries(
    parts.map(({ type, value }) => [type, value]),
  );
  const told = { yyyy: year, MM: month, dd: day, HH: hour, mm: minute, ss: second, XXX: timeZoneName.replace('GMT', '') || 'Z' };
  return pattern.replace(/'([^']*)'|yyyy|MM|dd|HH|mm|ss|XXX/g, (found, quoted) => quoted ?? told[found]);
};

class World {
  constructor({ url = ADDRESS, house }) {
    this.house = house;
    this.address = url;
    this.book = new Book();
    this.kept = { document: new Map(), user: new Map(), script: new Map() };
    this.asked = []; // every request, as Google would send it
    this.slept = [];
    this.alerts = [];
    this.answers = []; // of the person, to the next questions
    this.triggers = [];
    this.cache = new Map();
    this.locked = false;
    this.ahead = 0;
    this.inCell = false;
    this.whileFetching = () => {};
    this.script = createContext(this.services());
    for (const name of readdirSync(FOLDER).filter((each) => each.endsWith('.js'))) {
      runInContext(readFileSync(join(FOLDER, name), 'utf8'), this.script, { filename: name });
    }
  }

  services() {
    const world = this;
    class WorldDate extends Date {
      constructor(...given) {
        super(...(given.length ? given : [WorldDate.now()]));
      }
      static now() {
        return Date.now() + world.ahead;
      }
      static [Symbol.hasInstance](value) {
        return Object.prototype.toString.call(value) === '[object Date]';
      }
    }
    return {
      Date: WorldDate,
      SpreadsheetApp: this.spreadsheetApp(),
      PropertiesService: {
        getDocumentProperties: () => properties(world.kept.document),
        getScriptProperties: () => properties(world.kept.script),
        getUserProperties: () => properties(world.kept.user, { readOnly: () => world.inCell }),
      },
      UrlFetchApp: { fetchAll: (requests) => world.fetched(requests) },
      ScriptApp: this.scriptApp(),
      CacheService: { getScriptCache: () => world.scriptCache() },
      LockService: {
        getDocumentLock: () => ({
          tryLock: () => !world.locked && (world.locked = true),
          releaseLock: () => (world.locked = false),
        }),
      },
      HtmlService: { createHtmlOutputFromFile: (name) => world.page(name) },
      Utilities: {
        sleep: (ms) => (world.slept.push(ms), (world.ahead += ms)),
        formatDate: formatted,
        getUuid: randomUUID,
        newBlob: (text) => ({ getBytes: () => [...Buffer.from(text)] }),
        base64Encode: (bytes) => Buffer.from(bytes).toString('base64'),
        computeDigest: (_algorithm, text) => [...createHash('sha256').update(text).digest()],
        DigestAlgorithm: { SHA_256: 'sha256' },
        Charset: { UTF_8: 'utf8' },
      },
    };
  }

  spreadsheetApp() {
    const ui = {
      Button: { YES: 'YES', NO: 'NO', OK: 'OK' },
      ButtonSet: { OK: 'OK', YES_NO: 'YES_NO' },
      alert: (title, told, buttons) => {
        this.alerts.push(told);
        if (buttons === 'OK') return 'OK';
        if (!this.answers.length) throw new Error(`nobody answers: ${told}`);
        return this.answers.shift();
      },
      createMenu: (name) => {
        const menu = { name, items: [] };
        const built = {
          addItem: (caption, called) => (menu.items.push([caption, called]), built),
          addSeparator: () => built,
          addToUi: () => (this.menu = menu),
        };
        return built;
      },
      showSidebar: (page) => (this.shown = page),
      showModelessDialog: (page) => (this.shown = page),
    };
    return {
      getUi: () => ui,
      getActive: () => this.book,
      getActiveSheet: () => this.book.getActiveSheet(),
      flush: () => {},
    };
  }

  scriptApp() {
    const add = (trigger) => ({
      create: () => {
        if (this.triggers.length >= 20) throw new Error('This script has too many triggers');
        this.triggers.push({ ...trigger, getHandlerFunction: () => trigger.called });
      },
    });
    return {
      getProjectTriggers: () => [...this.triggers],
      deleteTrigger: (gone) => (this.triggers = this.triggers.filter((trigger) => trigger !== gone)),
      newTrigger: (called) => ({
        forSpreadsheet: () => ({ onEdit: () => add({ called, on: 'edit' }), onChange: () => add({ called, on: 'change' }) }),
        timeBased: () => ({
          everyMinutes: (minutes) => {
            if (![1, 5, 10, 15, 30].includes(minutes)) throw new Error('Invalid number of minutes');
            return add({ called, on: 'time', minutes });
          },
          after: (ms) => add({ called, on: 'once', ms }),
        }),
      }),
    };
  }

  scriptCache() {
    return {
      get: (name) => this.cache.get(name) ?? null,
      put: (name, value, seconds) => {
        if (name.length > 250 || Buffer.byteLength(value) > 100 * 1024 || seconds > 21600) throw new Error('Argument too large');
        this.cache.set(name, value);
      },
    };
  }

  page(name) {
    const page = { name, html: readFileSync(join(FOLDER, `${name}.html`), 'utf8') };
    return Object.assign(page, { setTitle: () => page, setWidth: () => page, setHeight: () => page });
  }

  fetched(requests) {
    this.asked.push(...requests);
    for (const { payload = '' } of requests) {
      if (Buffer.byteLength(payload) > BYTES) throw new Error('Limit Exceeded: URLFetch POST Size.');
    }
    this.whileFetching(requests);
    const sent = requests.map(({ url, contentType, headers, ...rest }) => ({
      ...rest,
      url: url.replace(ADDRESS, this.house),
      headers: { ...headers, ...(contentType ? { 'Content-Type': contentType } : {}) },
    }));
    return fetchAll(sent).map(({ error, status, text, headers }) => {
      if (error) throw new Error(`Address unavailable: ${error}`);
      return { getResponseCode: () => status, getContentText: () => text, getHeaders: () => headers };
    });
  }

  // What the page in the browser does: values cross as JSON.
  fromPage(called, ...given) {
    const answer = this.script[called](...JSON.parse(JSON.stringify(given)));
    return answer === undefined ? null : JSON.parse(JSON.stringify(answer));
  }

  formula(...given) {
    this.inCell = true;
    try {
      return JSON.parse(JSON.stringify(this.script.PINEHOOK_SEARCH(...given)));
    } finally {
      this.inCell = false;
    }
  }

  // A person types: what is written by hand fires the installed triggers; what the script writes does not.
  types(sheet, row, column, values) {
    const range = sheet.getRange(row, column, values.length, values[0].length);
    range.setValues(values);
    this.fire('edit', { range, source: this.book });
  }

  removesRow(sheet, row) {
    sheet.deleteRow(row);
    this.fire('change', { changeType: 'REMOVE_ROW', source: this.book });
  }

  fire(on, event) {
    for (const trigger of this.triggers.filter((each) => each.on === on)) this.script[trigger.called](event);
  }

  // Five minutes pass.
  timePasses() {
    this.ahead += 300000;
    this.fire('time', {});
  }
}

module.exports = { ADDRESS, World };
