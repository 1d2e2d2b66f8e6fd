'use strict';

// A spreadsheet's sheets, ranges and cells. Like the real one it takes a text that looks like a number for a number, unless
// the cell is formatted as text.

class Range {
  constructor(sheet, row, column, height, width) {
    if (row < 1 || column < 1 || height < 1 || width < 1)
      throw new Error('The coordinates of the range are outside the dimensions of the sheet.');
    Object.assign(this, { sheet, row, column, height, width });
  }
  getSheet = () => this.sheet;
  getRow = () => this.row;
  getColumn = () => this.column;
  getNumRows = () => this.height;
  getNumColumns = () => this.width;
  offset = (down, right, height, width) => new Range(this.sheet, this.row + down, this.column + right, height, width);

  each(work) {
    for (let down = 0; down < this.height; down += 1)
      for (let right = 0; right < this.width; right += 1) work(down, right, this.row + down, this.column + right);
    return this;
  }
  getValues() {
    const values = Array.from({ length: this.height }, () => new Array(this.width).fill(''));
    this.each((down, right, row, column) => (values[down][right] = this.sheet.cell(row, column)));
    return values;
  }
  setValues(values) {
    const fits = values.length === this.height && values.every((row) => row.length === this.width);
    if (!fits) throw new Error('The number of rows or columns in the data does not match those of the range.');
    return this.each((down, right, row, column) => this.sheet.put(row, column, values[down][right]));
  }
  setValue = (value) => this.each((_down, _right, row, column) => this.sheet.put(row, column, value));
  clearContent = () => this.setValue('');
  setNumberFormat = (format) => this.each((_down, _right, row, column) => this.sheet.formats.set(`${row}:${column}`, format));
}

class Columns {
  constructor(sheet, names) {
    Object.assign(this, { sheet, names });
  }
  setNumberFormat = (format) => this.names.forEach((name) => this.sheet.formats.set(name, format));
}

class Sheet {
  constructor(book, name, id) {
    Object.assign(this, { book, name, id, rows: [], formats: new Map(), hidden: false });
  }
  getName = () => this.name;
  getSheetId = () => this.id;
  hideSheet = () => (this.hidden = true);
  getLastRow = () => this.rows.findLastIndex((row) => row?.some((cell) => cell !== '' && cell !== undefined)) + 1;
  getLastColumn = () =>
    Math.max(0, ...this.rows.map((row) => (row || []).findLastIndex((cell) => cell !== '' && cell !== undefined) + 1));
  getActiveCell = () => new Range(this, ...(this.chosen || [1, 1]), 1, 1);
  deleteRow = (row) => void this.rows.splice(row - 1, 1);
  insertRowBefore = (row) => void this.rows.splice(row - 1, 0, []);

  getRange(row, column, height = 1, width = 1) {
    return typeof row === 'string' ? new Columns(this, row.split(':')) : new Range(this, row, column, height, width);
  }
  cell = (row, column) => this.rows[row - 1]?.[column - 1] ?? '';
  put(row, column, value) {
    while (this.rows.length < row) this.rows.push([]);
    const asText = (this.formats.get(`${row}:${column}`) ?? this.formats.get('ABCDEFGHIJKLMNOPQRSTUVWXYZ'[column - 1])) === '@';
    const looksLikeNumber = typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value);
    const kept =
      typeof value === 'string' && value.startsWith("'") ? value.slice(1) : looksLikeNumber && !asText ? Number(value) : value;
    this.rows[row - 1][column - 1] = kept;
  }

  // For tests: the whole sheet as rows of cells.
  table = () => (this.getLastRow() ? this.getRange(1, 1, this.getLastRow(), this.getLastColumn()).getValues() : []);
  column(name) {
    const [header, ...rows] = this.table();
    return rows.map((row) => row[header.indexOf(name)]);
  }
}

class Book {
  constructor() {
    this.sheets = [];
    this.toasts = [];
    this.active = this.insertSheet('Notes');
  }
  insertSheet(name, _place) {
    const sheet = new Sheet(this, name, 1000 + this.sheets.length);
    this.sheets.push(sheet);
    this.active = sheet;
    return sheet;
  }
  getSheets = () => [...this.sheets];
  getSheetByName = (name) => this.sheets.find((sheet) => sheet.name === name) ?? null;
  getActiveSheet = () => this.active;
  setActiveSheet = (sheet) => (this.active = sheet);
  getSpreadsheetTimeZone = () => 'Europe/Zurich';
  toast = (told) => void this.toasts.push(told);
}

module.exports = { Book };
