// Run by node: `life.mjs URL API_KEY CLIENT_ID CLIENT_SECRET`. Writes what the SDK saw as one JSON object.
import { AdminClient, Pinecone } from '@pinecone-database/pinecone';

const [url, apiKey, clientId, clientSecret] = process.argv.slice(2);
let status; // of the last answer: the SDK's errors do not tell it
const fetchApi = async (input, init) => {
  // The address that gives tokens is built into the SDK; everything else of it is as it is.
  const answer = await fetch(String(input).replace('https://login.pinecone.io', url), init);
  status = answer.status;
  return answer;
};
const connect = (key) => new Pinecone({ apiKey: key, controllerHostUrl: url, maxRetries: 0, fetchApi });
const pc = connect(apiKey);
const seen = { refused: {} };

const advance = () =>
  fetch(`${url}/_emulator/advance`, { method: 'POST', headers: { 'Api-Key': apiKey }, body: '{"seconds": 60}' });
const refused = async (what, call) => {
  try {
    await call();
    seen.refused[what] = 'accepted';
  } catch (error) {
    seen.refused[what] = error.name.startsWith('Pinecone') ? status : String(error);
  }
};
const ids = (answer) => answer.matches.map((match) => match.id);

async function indexes() {
  const spec = { serverless: { cloud: 'aws', region: 'us-east-1' } };
  const options = { name: 'movies', dimension: 2, metric: 'dotproduct', spec, tags: { stage: 'new' } };
  seen.created = (await pc.createIndex(options)).status.state;
  await refused('a name twice', () => pc.createIndex(options));
  await advance();
  await pc.configureIndex({ name: 'movies', deletionProtection: 'enabled', tags: { stage: '', team: 'film' } });
  await refused('deleting what is protected', () => pc.deleteIndex('movies'));
  await pc.configureIndex({ name: 'movies', deletionProtection: 'disabled' });
  const index = await pc.describeIndex('movies');
  seen.described = [index.status.state, index.dimension, index.metric, index.vectorType, index.tags];
  return pc.index({ host: index.host });
}

async function vectors(index) {
  await index.upsert({
    namespace: 'n',
    records: [
      { id: 'a', values: [1, 0], sparseValues: { indices: [3], values: [2] }, metadata: { genre: 'x', year: 2000 } },
      { id: 'b', values: [0, 1], sparseValues: { indices: [7], values: [5] }, metadata: { genre: 'y', year: 1990 } },
      { id: 'c', values: [2, 2], metadata: { genre: 'x', tags: ['one', 'two'] } },
    ],
  });
  const ask = (options) => index.query({ namespace: 'n', topK: 3, vector: [1, 0], ...options });
  const [best] = (await ask({ includeMetadata: true, includeValues: true, topK: 1 })).matches;
  seen.found = [best.id, best.score, best.values, best.metadata];
  seen.filtered = ids(await ask({ filter: { $or: [{ year: { $lt: 1995 } }, { tags: 'two' }] } }));
  const [hybrid] = (await ask({ sparseVector: { indices: [7], values: [3] }, topK: 1 })).matches;
  seen.hybrid = [hybrid.id, hybrid.score];
  seen.byId = ids(await index.query({ namespace: 'n', topK: 1, id: 'b' }));
  await index.update({ namespace: 'n', id: 'a', metadata: { year: 2001 } });
  const { records } = await index.fetch({ namespace: 'n', ids: ['a', 'z'] });
  seen.fetched = Object.values(records).map((one) => [one.id, one.values, one.sparseValues.indices, one.metadata]);
  seen.byMetadata = Object.keys((await index.fetchByMetadata({ namespace: 'n', filter: { genre: 'y' } })).records);
  const first = await index.listPaginated({ namespace: 'n', limit: 2 });
  const rest = await index.listPaginated({ namespace: 'n', limit: 2, paginationToken: first.pagination.next });
  seen.listed = [...first.vectors, ...rest.vectors].map((one) => one.id);
  await index.deleteMany({ namespace: 'n', filter: { genre: 'y' } });
  await index.deleteOne({ namespace: 'n', id: 'z' });
  const stats = await index.describeIndexStats();
  seen.stats = [stats.namespaces.n.recordCount, stats.totalRecordCount];
  await refused('a vector of another dimension', () => ask({ vector: [1, 2, 3] }));
  await refused('an unknown operator', () => ask({ filter: { year: { $near: 1 } } }));
}

async function namespaces(index) {
  const made = await index.createNamespace({ name: 'empty', schema: { fields: { genre: { filterable: true } } } });
  const listed = await index.listNamespaces({ limit: 10 });
  seen.namespaces = [
    [made.name, Object.keys(made.schema.fields)],
    listed.namespaces.map((one) => one.name),
    Number((await index.describeNamespace('n')).recordCount),
  ];
  await index.deleteNamespace('empty');
  await refused('a deleted namespace', () => index.describeNamespace('empty'));
}

async function backups() {
  const backup = await pc.createBackup({ indexName: 'movies', name: 'kept', description: 'before the change' });
  await refused('an unfinished backup', () => pc.createIndexFromBackup({ backupId: backup.backupId, name: 'copy' }));
  await advance();
  const ready = await pc.describeBackup(backup.backupId);
  seen.backup = [backup.status, ready.status, ready.recordCount, ready.namespaceCount, ready.dimension];
  const started = await pc.createIndexFromBackup({
    backupId: backup.backupId, name: 'copy', tags: { of: 'movies' }, deletionProtection: 'disabled',
  });
  const pending = await pc.describeRestoreJob(started.restoreJobId);
  await advance();
  const done = await pc.describeRestoreJob(started.restoreJobId);
  seen.restored = [pending.status, done.status, done.percentComplete, done.targetIndexName];
  const copy = await pc.describeIndex('copy');
  seen.copy = [copy.tags, (await pc.index({ host: copy.host }).describeIndexStats()).totalRecordCount];
  seen.lists = [
    (await pc.listBackups({ indexName: 'movies' })).data.length,
    (await pc.listBackups({})).data.length,
    (await pc.listRestoreJobs({})).data.length,
  ];
  await pc.deleteBackup(backup.backupId);
  await refused('a deleted backup', () => pc.describeBackup(backup.backupId));
}

async function records() {
  const embed = { model: 'multilingual-e5-large', fieldMap: { text: 'chunk' } };
  await pc.createIndexForModel({ name: 'texts', cloud: 'aws', region: 'us-east-1', embed });
  await advance();
  const index = pc.index({ host: (await pc.describeIndex('texts')).host, namespace: 'n' });
  await index.upsertRecords({
    records: [
      { _id: '1', chunk: 'red apples', kind: 'fruit' },
      { _id: '2', chunk: 'fast trains', kind: 'rail' },
      { _id: '3', chunk: 'green apples', kind: 'fruit' },
    ],
  });
  const query = { topK: 2, inputs: { text: 'trains' }, filter: { kind: 'fruit' } };
  const hits = (answer) => answer.result.hits.map((hit) => [hit._id, hit.fields]);
  seen.filteredHits = hits(await index.searchRecords({ query, fields: ['kind'] })).sort();
  const rerank = { model: 'bge-reranker-v2-m3', rankFields: ['chunk'], topN: 1, query: 'green' };
  seen.reranked = hits(await index.searchRecords({ query: { topK: 3, inputs: { text: 'apples' } }, rerank }));
  await refused('a record without its text', () => index.upsertRecords({ records: [{ _id: '4' }] }));
}

async function inference() {
  const inputs = ['one', 'two'];
  const made = await pc.inference.embed({ model: 'llama-text-embed-v2', inputs, parameters: { inputType: 'query' } });
  const ranked = await pc.inference.rerank({
    model: 'bge-reranker-v2-m3', query: 'two', documents: inputs, topN: 1, returnDocuments: true,
  });
  seen.inference = [
    made.data.map((one) => one.values.length),
    ranked.data.map((one) => [one.index, one.document.text]),
    (await pc.inference.listModels({ type: 'rerank' })).models.map((one) => one.model).sort(),
    (await pc.inference.getModel('multilingual-e5-large')).defaultDimension,
  ];
  await refused('an unknown model', () => pc.inference.getModel('none'));
}

async function collections() {
  const spec = { pod: { environment: 'us-east1-gcp', podType: 'p1.x1', pods: 1 } };
  await pc.createIndex({ name: 'pods', dimension: 2, metric: 'cosine', spec });
  await advance();
  await pc.index({ host: (await pc.describeIndex('pods')).host }).upsert({ records: [{ id: 'a', values: [1, 0] }] });
  const made = await pc.createCollection({ name: 'kept', source: 'pods' });
  await advance();
  const ready = await pc.describeCollection('kept');
  seen.collection = [made.status, ready.status, ready.vectorCount, ready.dimension, ready.environment];
  await refused('a collection of a serverless index', () => pc.createCollection({ name: 'no', source: 'movies' }));
  await pc.deleteCollection('kept');
  seen.collectionsLeft = (await pc.listCollections()).collections.length;
}

async function admin() {
  const client = new AdminClient({ clientId, clientSecret, controllerHostUrl: url, fetchApi });
  const project = await client.projects.create({ name: 'second' });
  const key = await client.apiKeys.create(project.id, { name: 'reader', roles: ['ProjectViewer'] });
  const reader = connect(key.value);
  const own = (await reader.listIndexes()).indexes ?? [];
  const spec = { serverless: { cloud: 'aws', region: 'us-east-1' } };
  const options = { name: 'no', dimension: 2, metric: 'cosine', spec };
  await refused('writing with a key that may read', () => reader.createIndex(options));
  await client.apiKeys.delete(key.key.id);
  await refused('a revoked key', () => reader.listIndexes());
  const projects = (await client.projects.list()).data.map((one) => one.name).sort();
  seen.admin = [projects, key.key.name, key.key.roles, own.length];
  await client.projects.delete(project.id);
}

const index = await indexes();
await vectors(index);
await namespaces(index);
await backups();
await records();
await inference();
await collections();
await admin();
await pc.deleteIndex('movies');
seen.left = (await pc.listIndexes()).indexes.map((one) => one.name).sort();
await refused('a deleted index', () => pc.describeIndex('movies'));
await refused('an unknown key', () => connect('wrong').listIndexes());
process.stdout.write(JSON.stringify(seen));
