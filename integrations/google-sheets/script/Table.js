// A sheet as a table: row 1 is the header, each row below a record, and the column “Pinehook” says how each row is doing.

const STATUS_COLUMN = 'Pinehook';
const WAITING = 'waiting';
const SENDING = 'sending…';
const ERRORS = ['#NULL!', '#DIV/0!', '#VALUE!', '#REF!', '#NAME?', '#NUM!', '#N/A', '#ERROR!', 'Loading...', 'Loading…'];

/**
 * @typedef {{row: number, id: string, cells: any[], status: string, fault: string | null}} Row
 *   row: its number in the sheet; id: empty where the row has none; fault: why it cannot be sent.
 * @typedef {{header: string[], statusAt: number, rows: Row[]}} Table
 */

function headerOf_(sheet) {
  const width = sheet.getLastColumn();
  return width
    ? sheet
        .getRange(1, 1, 1, width)
        .getValues()[0]
        .map((cell) => String(cell).trim())
    : [];
}

// The place of a column, from 0; a complaint when it is not there, or there twice.
function columnOf_(header, name) {
  const place = header.indexOf(name);
  if (place < 0) throw complaint_(`The sheet has no column “${name}” in row 1: Pinehook > Set up…`);
  if (header.indexOf(name, place + 1) >= 0) throw complaint_(`Two columns are called “${name}”: rename one of them.`);
  return place;
}

/** @returns {Table} */
function readTable_(sheet, /** @type {Chosen} */ chosen) {
  const header = headerOf_(sheet);
  const statusAt = statusColumn_(sheet, header);
  const idAt = columnOf_(header, chosen.id_column);
  const zone = SpreadsheetApp.getActive().getSpreadsheetTimeZone();
  const height = sheet.getLastRow() - 1;
  if (height < 1) return { header, statusAt, rows: [] };
  const found = sheet.getRange(2, 1, height, Math.max(header.length, statusAt + 1)).getValues();
  const used = usedColumns_(header, chosen);
  const firstWith = new Map();
  const rows = [];
  found.forEach((raw, place) => {
    const cells = header.map((_name, at) => plain_(raw[at], zone));
    if (!cells.some((cell, at) => at !== statusAt && cell !== '')) return;
    /** @type {Row} */
    const row = { row: place + 2, id: written_(cells[idAt]), cells, status: String(raw[statusAt] || ''), fault: null };
    row.fault = faultOf_(row, header, used, idAt, firstWith);
    rows.push(row);
  });
  return { header, statusAt, rows };
}

// The place of the status column; it is made where there is none.
function statusColumn_(sheet, header) {
  const place = header.indexOf(STATUS_COLUMN);
  if (place >= 0) return place;
  sheet.getRange(1, header.length + 1).setValue(STATUS_COLUMN);
  header.push(STATUS_COLUMN);
  return header.length - 1;
}

function usedColumns_(header, chosen) {
  const names = [chosen.id_column, ...chosen.text_columns, ...chosen.kept.map((column) => column.name)];
  return [...new Set(names)].map((name) => ({ name, at: columnOf_(header, name) }));
}

function faultOf_(row, header, used, idAt, firstWith) {
  const broken = used.find(({ at }) => ERRORS.includes(row.cells[at]));
  if (broken) {
    if (broken.at === idAt) row.id = '';
    return `${broken.name}: the cell shows ${row.cells[broken.at]}`;
  }
  if (!row.id) return `${header[idAt]}: is empty: there is no id`;
  const first = firstWith.get(row.id);
  if (first !== undefined) return `${header[idAt]}: is the id of row ${first} too`;
  firstWith.set(row.id, row.row);
  return null;
}

// A cell as JSON: a date as ISO 8601 in the spreadsheet's time zone.
function plain_(cell, zone) {
  if (!(cell instanceof Date)) return cell;
  const midnight = Utilities.formatDate(cell, zone, 'HH:mm:ss') === '00:00:00';
  return Utilities.formatDate(cell, zone, midnight ? 'yyyy-MM-dd' : "yyyy-MM-dd'T'HH:mm:ssXXX");
}

// An id as the bridge writes it.
function written_(cell) {
  return typeof cell === 'boolean' ? String(cell) : String(cell === null || cell === undefined ? '' : cell).trim();
}

// The types of the kept columns, from all rows: told to the bridge, so that one row alone is not taken for another type.
function typesOf_(/** @type {Table} */ table, /** @type {Chosen} */ chosen) {
  return Object.fromEntries(
    chosen.kept.map(({ name, kind }) => {
      if (kind === 'list') return [name, 'list'];
      const at = columnOf_(table.header, name);
      const kinds = new Set(
        table.rows
          .map((row) => row.cells[at])
          .filter((cell) => cell !== '' && !ERRORS.includes(cell))
          .map((cell) => typeof cell),
      );
      const [kind_] = kinds;
      return [name, kinds.size === 1 && (kind_ === 'number' || kind_ === 'boolean') ? kind_ : 'string'];
    }),
  );
}

// Write what is told of rows, as few ranges as there are runs of neighbours.
function writeStatuses_(sheet, statusAt, /** @type {{row: number, status: string}[]} */ told) {
  const sorted = [...told].sort((one, other) => one.row - other.row);
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && sorted[end].row === sorted[end - 1].row + 1) end += 1;
    const values = sorted.slice(start, end).map(({ status }) => [status]);
    sheet.getRange(sorted[start].row, statusAt + 1, values.length, 1).setValues(values);
    start = end;
  }
}

// Give rows without an id one, where the person asked for it.
function fillIds_(sheet, /** @type {Table} */ table, /** @type {Chosen} */ chosen) {
  const idAt = columnOf_(table.header, chosen.id_column);
  const lacking = table.rows.filter((row) => row.cells[idAt] === '');
  for (const row of lacking) sheet.getRange(row.row, idAt + 1).setValue(Utilities.getUuid());
  return lacking.length > 0;
}
