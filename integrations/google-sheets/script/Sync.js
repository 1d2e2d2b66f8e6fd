// Rows to the bridge: what waits is sent in batches, each row is told how it went, and a run ends before Google ends it.

const RUN_MS = 270000; // Google ends a run after 6 minutes; a batch takes less than the rest.
const ROWS_AT_ONCE = 200;
const REQUESTS_AT_ONCE = 4;
const BYTES_AT_ONCE = 4000000; // Google takes 50 MB, the bridge 64 MiB.
const AFTER_TROUBLE_SECONDS = 300;
const DIRTY = 'dirty:';
const LAST = 'last:';

/**
 * @typedef {{upserted: number, unchanged: number, rejected: number, deleted: number, waiting: number, held: number,
 *   problem: string | null, continues: boolean}} Done
 */

// Send what waits in a sheet, or everything; ask: the question before deletions, null where nobody is there to answer.
/** @returns {Done} */
function sync_(
  sheet,
  /** @type {{everything?: boolean, ask?: ((found: any) => boolean) | null}} */ { everything = false, ask = null },
) {
  const lock = LockService.getDocumentLock();
  if (!lock.tryLock(everything ? 10000 : 0))
    throw complaint_('Another sync of this spreadsheet is running; look again in a while.');
  try {
    return synced_(sheet, everything, ask, Date.now() + RUN_MS);
  } finally {
    lock.releaseLock();
  }
}

function synced_(sheet, everything, ask, deadline) {
  const bridge = bridge_();
  const chosen = chosen_(sheet);
  const flags = PropertiesService.getDocumentProperties();
  flags.deleteProperty(DIRTY + sheet.getSheetId()); // before the rows are read: what is edited from now on sets it again
  if (everything || !chosen.types) markAll_(sheet, chosen);
  /** @type {Done} */
  const done = { upserted: 0, unchanged: 0, rejected: 0, deleted: 0, waiting: 0, held: 0, problem: null, continues: false };
  let problem = push_(sheet, chosen, bridge, done, deadline);
  const table = readTable_(sheet, chosen);
  done.waiting = table.rows.filter(waits_).length;
  if (!problem && chosen.remove) problem = removed_(sheet, table, ask, done);
  if (problem) done.problem = problem.message;
  done.continues = problem ? problem.again !== null : done.waiting > 0;
  if (done.continues || problem === SPENT) markDirty_(sheet);
  if (done.continues) continueLater_(problem ? Math.max(AFTER_TROUBLE_SECONDS, problem.again || 0) : 60);
  flags.setProperty(LAST + sheet.getSheetId(), `${new Date().toISOString().slice(0, 16)}Z: ${summary_(done)}`);
  return done;
}

// Everything is to be sent: ids are filled in, the types of the columns are seen anew, and every row waits.
function markAll_(sheet, chosen) {
  let table = readTable_(sheet, chosen);
  if (chosen.fill_ids && fillIds_(sheet, table, chosen)) table = readTable_(sheet, chosen);
  chosen.types = typesOf_(table, chosen);
  choose_(sheet, chosen);
  writeStatuses_(
    sheet,
    table.statusAt,
    table.rows.map(({ row }) => ({ row, status: WAITING })),
  );
}

function waits_(/** @type {Row} */ row) {
  return row.status === '' || row.status === SENDING || row.status.startsWith(WAITING);
}

// Send batch after batch until nothing waits or time is up; return the problem that stopped it, if one did.
/** @returns {Problem | null} */
function push_(sheet, chosen, bridge, done, deadline) {
  const seen = new Set(); // a row is sent once a run, whatever its formulas do meanwhile
  while (Date.now() < deadline) {
    let table = readTable_(sheet, chosen);
    if (chosen.fill_ids && fillIds_(sheet, table, chosen)) table = readTable_(sheet, chosen);
    const waiting = table.rows.filter(waits_);
    const faulty = waiting.filter((row) => row.fault);
    writeStatuses_(
      sheet,
      table.statusAt,
      faulty.map(({ row, fault }) => ({ row, status: `rejected: ${fault}` })),
    );
    done.rejected += faulty.length;
    const ready = waiting.filter((row) => !row.fault && !seen.has(row.id));
    const batches = batches_(table, chosen, ready);
    if (!batches.length) return null;
    const problem = spend_(batches.length) || send_(sheet, table, chosen, bridge, batches, done, deadline);
    batches.forEach((batch) => batch.rows.forEach((row) => seen.add(row.id)));
    if (problem) return problem;
  }
  return null;
}

function batches_(table, chosen, rows) {
  const used = usedColumns_(table.header, chosen);
  const batches = [];
  let size = Infinity;
  for (const row of rows) {
    const cells = used.map(({ at }) => row.cells[at]);
    const bytes = 3 * JSON.stringify(cells).length;
    let last = batches[batches.length - 1];
    if (!last || last.rows.length === ROWS_AT_ONCE || size + bytes > BYTES_AT_ONCE) {
      if (batches.length === REQUESTS_AT_ONCE) break;
      last = { rows: [], cells: [] };
      batches.push(last);
      size = 0;
    }
    last.rows.push(row);
    last.cells.push(cells);
    size += bytes;
  }
  return batches.map((batch) => ({ rows: batch.rows, question: question_(chosen, used, batch.cells) }));
}

/** @returns {Question} */
function question_(chosen, used, cells) {
  const body = {
    index: chosen.index,
    namespace: chosen.namespace,
    header: used.map(({ name }) => name),
    rows: cells,
    id_column: chosen.id_column,
    text_columns: chosen.text_columns,
    metadata_columns: chosen.kept.map(({ name }) => name),
    types: chosen.types,
    ...embedding_(chosen),
  };
  return { method: 'post', path: '/v1/actions/upsert_rows', query: { connection: chosen.connection }, body };
}

function embedding_({ provider, model, dimension }) {
  return provider ? { embed: { provider, ...(model ? { model } : {}), ...(dimension ? { dimension } : {}) } } : {};
}

function send_(sheet, table, chosen, bridge, batches, done, deadline) {
  const rows = batches.flatMap((batch) => batch.rows);
  // Written down before it is sent: whatever happens to the answer, it is known which records may be this sheet's.
  remember_(
    sheet,
    chosen,
    rows.map((row) => row.id),
  );
  writeStatuses_(
    sheet,
    table.statusAt,
    rows.map(({ row }) => ({ row, status: SENDING })),
  );
  SpreadsheetApp.flush();
  const answers = askAll_(
    bridge,
    batches.map((batch) => batch.question),
    deadline,
  );
  const outcomes = new Map();
  let problem = null;
  answers.forEach((answer, place) => {
    if (!answer.problem && !Array.isArray(answer.body.rows)) answer.problem = notPinehook_(200);
    if (answer.problem) problem = answer.problem;
    batches[place].rows.forEach((row, at) => {
      outcomes.set(row.id, answer.problem ? `${WAITING}: ${answer.problem.message}` : told_(answer.body.rows[at], done));
    });
  });
  tell_(sheet, chosen, outcomes);
  return problem;
}

function told_({ outcome, column, message }, done) {
  done[outcome] += 1;
  return outcome === 'rejected' ? `rejected: ${[column, message].filter(Boolean).join(': ')}` : outcome;
}

// Rows may have been moved, removed or edited while they were sent: they are found by their ids, and an edited one waits again.
function tell_(sheet, chosen, outcomes) {
  const { rows, statusAt } = readTable_(sheet, chosen);
  const told = rows.filter((row) => row.status === SENDING && outcomes.has(row.id));
  writeStatuses_(
    sheet,
    statusAt,
    told.map(({ row, id }) => ({ row, status: outcomes.get(id) })),
  );
}
