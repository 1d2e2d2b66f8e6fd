// Sends the rows of a table to Pinehook: each becomes a record of an index, embedded and searchable, and the column “Pinehook”
// says how it went. An Office Script: paste it whole into Automate > New Script. It reads its settings from the sheet “Pinehook”.

interface Settings {
  url: string;
  key: string;
  connection: string;
  index: string;
  namespace: string;
  table: string;
  idColumn: string;
  textColumns: string[];
  keptColumns: string[];
  listColumns: string[];
  provider: string;
  model: string;
  dimension: number;
}

interface Row {
  place: number;
  id: string;
  cells: (string | number | boolean)[];
  status: string;
  fault: string;
}

interface Outcome {
  outcome: string;
  column: string | null;
  message: string | null;
}

interface Fault {
  pointer: string;
  message: string;
}

interface Reply {
  rows?: Outcome[];
  deleted_count?: number | null;
  would_delete?: { record_count: number | null } | null;
  code?: string;
  detail?: string;
  errors?: Fault[];
}

interface Answer {
  reply: Reply;
  problem: string;
}

const SETTINGS_SHEET = "Pinehook";
const STATUS = "Pinehook";
const WAITING = "waiting";
const ROWS_AT_ONCE = 200;
const BYTES_AT_ONCE = 1000000; // Excel on the web takes 5 MB a call
const RUN_MS = 90000; // Excel ends a script after 120 s
const ERRORS = [
  "#NULL!",
  "#DIV/0!",
  "#VALUE!",
  "#REF!",
  "#NAME?",
  "#NUM!",
  "#N/A",
  "#GETTING_DATA",
  "#SPILL!",
  "#CALC!",
  "#FIELD!",
  "#BLOCKED!",
  "#CONNECT!",
  "#BUSY!",
];

/**
 * Send the rows of a table to Pinehook.
 * @param apiKey Your API key. It is used for this run and kept nowhere. Left empty, it is read from the sheet Pinehook.
 * @param removed What to do with the records of rows that are gone: empty keeps them, "count" tells how many there are, and the
 *   name of the index deletes them for good.
 */
async function main(workbook: ExcelScript.Workbook, apiKey?: string, removed?: string): Promise<string> {
  const ends = Date.now() + RUN_MS;
  const sheet = workbook.getWorksheet(SETTINGS_SHEET);
  if (!sheet) {
    addSettingsSheet(workbook);
    return "Fill in the sheet Pinehook, which was just made, and run this again.";
  }
  const settings = readSettings(sheet, apiKey);
  const table = workbook.getTable(settings.table);
  if (!table) throw new Error(`There is no table called ${settings.table}: see the setting “table”.`);
  const header = columnsOf(table);
  const used = usedColumns(header, settings);
  const rows = readRows(table, header, settings, used);
  const types = typesOf(rows, settings, used);
  let waiting = rows.filter((row) => row.status.startsWith(WAITING));
  if (!waiting.length) waiting = rows; // the run before has ended: everything again, and what is as it was costs nothing
  const faulty = waiting.filter((row) => row.fault);
  faulty.forEach((row) => (row.status = `rejected: ${row.fault}`));
  const ready = waiting.filter((row) => !row.fault);
  ready.forEach((row) => (row.status = WAITING));
  writeStatuses(table, rows);
  let problem = "";
  for (let start = 0; start < ready.length && !problem && Date.now() < ends; ) {
    const batch = nextBatch(ready, start);
    const answer = await send(settings, used, types, batch);
    problem = answer.problem;
    const outcomes = answer.reply.rows || [];
    batch.forEach((row, place) => (row.status = problem ? `${WAITING}: ${problem}` : told(outcomes[place])));
    writeStatuses(table, rows);
    start += batch.length;
  }
  const done = summary(rows, problem);
  return removed && removed.trim() && !problem ? `${done}. ${await takeBack(settings, rows, removed.trim())}` : done;
}

// The sheet that a person fills in, with what each setting is.
function addSettingsSheet(workbook: ExcelScript.Workbook): void {
  const lines: string[][] = [
    ["Setting", "Value", "What it is"],
    ["url", "", "Where your Pinehook is, by HTTPS: https://pinehook.example.com"],
    ["index", "", "The index that the rows are written to"],
    ["namespace", "", "The namespace in it; empty is the default one"],
    ["table", "Table1", "The Excel table whose rows are sent"],
    ["id column", "", "The column whose values are the ids of the records"],
    ["text columns", "", "The columns whose text is to be found, separated by commas"],
    ["kept columns", "", "The columns kept as metadata, separated by commas"],
    ["list columns", "", "Kept columns that hold lists separated by commas"],
    ["connection", "", "A connection of your Pinehook; empty is the default one"],
    ["provider", "", "For an index without a model of its own: pinecone or voyage"],
    ["model", "", "The provider's model; empty is its usual one"],
    ["dimension", "", "How many numbers its vectors have; empty is the model's own"],
    ["api key", "", "Better left empty: then you are asked at each run. Whoever can open this workbook can read it here."],
  ];
  const sheet = workbook.addWorksheet(SETTINGS_SHEET);
  sheet.getRangeByIndexes(0, 0, lines.length, 3).setValues(lines);
}

function readSettings(sheet: ExcelScript.Worksheet, apiKey?: string): Settings {
  const range = sheet.getUsedRange();
  const lines = range ? range.getValues() : [];
  const url = setting(lines, "url").replace(/\/+$/, "");
  if (!/^https:\/\/[^\s\/?#@]+(\/[^\s?#@]*)?$/.test(url)) {
    throw new Error("The setting “url” must be where your Pinehook is, by HTTPS: https://pinehook.example.com");
  }
  const settings: Settings = {
    url: url,
    key: apiKey ? apiKey.trim() : setting(lines, "api key"),
    connection: setting(lines, "connection"),
    index: setting(lines, "index"),
    namespace: setting(lines, "namespace") || "__default__",
    table: setting(lines, "table"),
    idColumn: setting(lines, "id column"),
    textColumns: names(setting(lines, "text columns")),
    keptColumns: names(setting(lines, "kept columns")),
    listColumns: names(setting(lines, "list columns")),
    provider: setting(lines, "provider"),
    model: setting(lines, "model"),
    dimension: Number(setting(lines, "dimension")),
  };
  if (!settings.key) throw new Error("Give your API key when you are asked for it.");
  if (!settings.index || !settings.table || !settings.idColumn || !settings.textColumns.length) {
    throw new Error("The settings “index”, “table”, “id column” and “text columns” must be filled in, in the sheet Pinehook.");
  }
  return settings;
}

function setting(lines: (string | number | boolean)[][], name: string): string {
  const line = lines.find((each) => String(each[0]).trim().toLowerCase() === name);
  return line ? String(line[1]).trim() : "";
}

function names(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

// The names of the table's columns; the status column is added where there is none.
function columnsOf(table: ExcelScript.Table): string[] {
  const header = table
    .getHeaderRowRange()
    .getValues()[0]
    .map((cell) => String(cell).trim());
  if (header.indexOf(STATUS) >= 0) return header;
  table.addColumn(-1, undefined, STATUS);
  return header.concat([STATUS]);
}

function usedColumns(header: string[], settings: Settings): string[] {
  const used = [settings.idColumn].concat(settings.textColumns, settings.keptColumns, settings.listColumns);
  const missing = used.find((name) => header.indexOf(name) < 0);
  if (missing) throw new Error(`The table ${settings.table} has no column called ${missing}.`);
  return used.filter((name, place) => used.indexOf(name) === place);
}

function readRows(table: ExcelScript.Table, header: string[], settings: Settings, used: string[]): Row[] {
  const body = table.getRangeBetweenHeaderAndTotal();
  const values = body.getValues();
  const formats = body.getNumberFormats();
  const idAt = header.indexOf(settings.idColumn);
  const statusAt = header.indexOf(STATUS);
  const firsts: { [id: string]: number } = {};
  const rows: Row[] = [];
  values.forEach((line, place) => {
    if (!line.some((cell, at) => at !== statusAt && cell !== "")) return;
    const cells = used.map((name) => plain(line[header.indexOf(name)], formats[place][header.indexOf(name)]));
    const id = String(plain(line[idAt], formats[place][idAt])).trim();
    const row: Row = { place: place, id: id, cells: cells, status: String(line[statusAt]), fault: "" };
    const broken = cells.findIndex((cell) => ERRORS.indexOf(String(cell)) >= 0);
    if (broken >= 0) row.fault = `${used[broken]}: the cell shows ${cells[broken]}`;
    else if (!id) row.fault = `${settings.idColumn}: is empty: there is no id`;
    else if (firsts[`=${id}`]) row.fault = `${settings.idColumn}: is the id of row ${firsts[`=${id}`]} of the table too`;
    else firsts[`=${id}`] = place + 1;
    rows.push(row);
  });
  return rows;
}

// A cell as JSON: Excel keeps a date as a number and says by its format that it is one.
function plain(cell: string | number | boolean, format: string): string | number | boolean {
  const bare = String(format).replace(/\[[^\]]*\]|"[^"]*"|\\./g, "");
  if (typeof cell !== "number" || bare === "General" || !/[ymdhs]/i.test(bare)) return cell;
  const moment = new Date(Math.round((cell - 25569) * 86400) * 1000).toISOString(); // day 25569 is 1 January 1970
  return cell === Math.floor(cell) ? moment.slice(0, 10) : moment.slice(0, 19);
}

// The types of the kept columns, from all rows: told, so that one batch is not taken for another type than the next.
function typesOf(rows: Row[], settings: Settings, used: string[]): { [name: string]: string } {
  const types: { [name: string]: string } = {};
  settings.keptColumns.forEach((name) => {
    const cells = rows
      .map((row) => row.cells[used.indexOf(name)])
      .filter((cell) => cell !== "" && ERRORS.indexOf(String(cell)) < 0);
    const kind = cells.length ? typeof cells[0] : "string";
    types[name] = kind !== "string" && cells.every((cell) => typeof cell === kind) ? kind : "string";
  });
  settings.listColumns.forEach((name) => (types[name] = "list"));
  return types;
}

function nextBatch(rows: Row[], start: number): Row[] {
  let end = start;
  for (let bytes = 0; end < rows.length && end - start < ROWS_AT_ONCE; end++) {
    bytes += 3 * JSON.stringify(rows[end].cells).length;
    if (bytes > BYTES_AT_ONCE && end > start) break;
  }
  return rows.slice(start, end);
}

async function send(settings: Settings, used: string[], types: { [name: string]: string }, batch: Row[]): Promise<Answer> {
  const body = {
    index: settings.index,
    namespace: settings.namespace,
    header: used,
    rows: batch.map((row) => row.cells),
    id_column: settings.idColumn,
    text_columns: settings.textColumns,
    metadata_columns: settings.keptColumns.concat(settings.listColumns),
    types: types,
    embed: embedding(settings),
  };
  return ask(action(settings, "upsert_rows"), settings.key, JSON.stringify(body));
}

// Delete what was once written and has no row any more, or count it: the bridge is told the ids that are still here.
async function takeBack(settings: Settings, rows: Row[], removed: string): Promise<string> {
  if (removed !== "count" && removed !== settings.index)
    return `Nothing was deleted: “removed” takes count, or ${settings.index}.`;
  if (rows.length > 10000)
    return "Nothing was deleted: a table of more than 10,000 rows must be given as a file, see delete_absent_rows.";
  const unreadable = rows.find((row) => !row.id || ERRORS.indexOf(row.id) >= 0);
  if (unreadable) return `Nothing was deleted: row ${unreadable.place + 1} of the table has no id that can be read.`;
  const body = {
    index: settings.index,
    namespace: settings.namespace,
    header: [settings.idColumn].concat(settings.textColumns.filter((name) => name !== settings.idColumn)),
    rows: rows.map((row) => [row.id]),
    id_column: settings.idColumn,
    text_columns: settings.textColumns,
    embed: embedding(settings),
    confirm: removed === "count" ? undefined : removed,
  };
  const answer = await ask(action(settings, "delete_absent_rows"), settings.key, JSON.stringify(body));
  if (answer.problem) return `Nothing was deleted: ${answer.problem}`;
  if (answer.reply.would_delete)
    return `Records whose rows are gone: ${answer.reply.would_delete.record_count}. None was deleted.`;
  return `${answer.reply.deleted_count} deleted.`;
}

function action(settings: Settings, name: string): string {
  const query = settings.connection ? `?connection=${encodeURIComponent(settings.connection)}` : "";
  return `${settings.url}/v1/actions/${name}${query}`;
}

function embedding(settings: Settings): { [name: string]: string | number } | undefined {
  if (!settings.provider) return undefined;
  const embed: { [name: string]: string | number } = { provider: settings.provider };
  if (settings.model) embed.model = settings.model;
  if (settings.dimension) embed.dimension = settings.dimension;
  return embed;
}

async function ask(url: string, key: string, body: string): Promise<Answer> {
  let status = 0;
  let after = "";
  let reply: Reply = {};
  try {
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    const response = await fetch(url, { method: "POST", headers: headers, body: body });
    status = response.status;
    after = response.headers.get("Retry-After") || "";
    reply = (await response.json()) as Reply;
  } catch (error) {
    if (status === 0)
      return {
        reply: {},
        problem: "Pinehook cannot be reached from Excel: is the URL right, and PINEHOOK_CORS_ORIGINS set to *?",
      };
  }
  if (status === 200 && (reply.rows || reply.deleted_count !== undefined)) return { reply: reply, problem: "" };
  if (status === 202) return { reply: {}, problem: "it takes longer than usual; run this again in a minute" };
  if (!reply.code) return { reply: {}, problem: `the URL answered ${status}, and not as a Pinehook does` };
  const faults = (reply.errors || []).map((fault) => `${fault.pointer.replace(/^\//, "")}: ${fault.message}`);
  const again = after ? [`run this again in ${after} s`] : [];
  return { reply: {}, problem: [String(reply.detail)].concat(faults, again).join(" · ") };
}

function told(outcome: Outcome): string {
  if (outcome.outcome !== "rejected") return outcome.outcome;
  return `rejected: ${[outcome.column, outcome.message].filter((part) => part).join(": ")}`;
}

function writeStatuses(table: ExcelScript.Table, rows: Row[]): void {
  const column = table.getColumnByName(STATUS);
  if (!column || !rows.length) return;
  const range = column.getRangeBetweenHeaderAndTotal();
  const values = range.getValues();
  rows.forEach((row) => (values[row.place][0] = row.status));
  range.setValues(values);
}

function summary(rows: Row[], problem: string): string {
  const parts = ["upserted", "unchanged", "rejected", WAITING].map((outcome) => {
    const count = rows.filter((row) => row.status.split(":")[0] === outcome).length;
    return count ? `${count} ${outcome}` : "";
  });
  const counts = parts.filter((part) => part !== "").join(", ") || "The table has no rows";
  const waits = rows.some((row) => row.status === WAITING);
  return problem ? `${counts}. ${problem}` : waits ? `${counts}. Run this again for the rest.` : counts;
}
