// Run by node as life.mjs is: the JavaScript samples of Pinecone's documentation, as they stand there.
import { Pinecone } from '@pinecone-database/pinecone';

const [url, apiKey] = process.argv.slice(2);
const pc = new Pinecone({ apiKey, controllerHostUrl: url });
const seen = {};

// What the samples take for granted: an integrated index with records in three namespaces, and one on pods.
await pc.createIndexForModel({
  name: 'docs-example',
  cloud: 'aws',
  region: 'us-east-1',
  embed: { model: 'multilingual-e5-large', fieldMap: { text: 'chunk_text' } },
});
const { host } = await pc.describeIndex('docs-example');
for (const namespace of ['a', 'b', 'c']) {
  await pc.index({ host, namespace }).upsertRecords({ records: [{ _id: '1', chunk_text: 'a text' }] });
}
await pc.createIndex({
  name: 'pods',
  dimension: 1536,
  metric: 'cosine',
  spec: { pod: { environment: 'us-east-1-aws', podType: 'p1.x1', pods: 1 } },
});

seen.createBackup = await pc.createBackup({
  indexName: 'docs-example',
  name: 'example-backup',
  description: 'Monthly backup of production index',
});
const { backupId } = seen.createBackup;
seen.describeBackup = await pc.describeBackup(backupId);
seen.createIndexFromBackup = await pc.createIndexFromBackup({
  backupId,
  name: 'restored-index',
  tags: {
    tag0: 'val0',
    tag1: 'val1',
  },
  deletionProtection: 'enabled',
});
seen.describeRestoreJob = await pc.describeRestoreJob(seen.createIndexFromBackup.restoreJobId);
await pc.createCollection({
  name: 'example-collection',
  source: 'pods',
});
seen.describeCollection = await pc.describeCollection('example-collection');
await pc.deleteCollection('example-collection');
await pc.deleteBackup(backupId);
seen.left = [
  (await pc.listBackups({})).data.length,
  (await pc.listCollections()).collections.length,
  (await pc.listIndexes()).indexes.map((one) => one.name).sort(),
];
process.stdout.write(JSON.stringify(seen));
