/**
 * The steps of the schema: forward only, in this order. Never edit one that was released; its checksum is kept where it ran.
 * `$TEXT` and the like stand for a dialect's own names; everything else is said in the words that both share.
 */
export const STEPS: readonly { readonly name: string; readonly ddl: readonly string[] }[] = [
  {
    name: 'review queues',
    ddl: [
      `create table queue_item (
         id $TEXT primary key,
         service $TEXT not null,
         kind $TEXT not null check (kind in ('hold', 'review')),
         request_id $TEXT not null,
         tenant $TEXT not null,
         created_at $INTEGER not null,
         reason $TEXT not null,
         content $TEXT,
         content_until $INTEGER,
         label $TEXT,
         score $REAL,
         state $TEXT not null check (state in ('waiting', 'decided')),
         verdict $TEXT,
         decided_by $TEXT,
         decided_at $INTEGER,
         note $TEXT
       )$STRICT`,
      'create index queue_item_waiting on queue_item (service, state, created_at)',
      'create index queue_item_content on queue_item (content_until) where content_until is not null',
    ],
  },
  {
    name: 'rollups and series',
    ddl: [
      `create table rollup (
         cursor $CURSOR,
         replica $TEXT not null,
         sequence $INTEGER not null,
         service $TEXT not null,
         from_at $INTEGER not null,
         to_at $INTEGER not null,
         arrived_at $INTEGER not null,
         body $TEXT not null,
         unique (replica, sequence, service)
       )$STRICT`,
      `create table series_block (
         service $TEXT not null,
         objective $TEXT not null,
         segment $TEXT not null,
         hour $INTEGER not null,
         good $REAL not null,
         total $REAL not null,
         minutes $BYTES not null,
         primary key (service, objective, segment, hour)
       )$STRICT`,
      'create index series_block_hour on series_block (hour)',
      `create table consumer (name $TEXT primary key, cursor $INTEGER not null)$STRICT`,
      `create table consumer_state (
         consumer $TEXT not null, key $TEXT not null, body $BYTES not null, primary key (consumer, key)
       )$STRICT`,
      `create table lease (
         name $TEXT primary key, holder $TEXT not null, token $INTEGER not null, expires_at $INTEGER not null
       )$STRICT`,
    ],
  },
  {
    name: 'requests',
    ddl: [
      `create table prediction (
         seq $CURSOR,
         id $TEXT not null unique,
         service $TEXT not null,
         at $INTEGER not null,
         replica $TEXT not null,
         tenant $TEXT not null,
         level $TEXT not null,
         model $TEXT,
         version $TEXT,
         label $TEXT,
         score $REAL,
         confidence $REAL,
         extra $TEXT
       )$STRICT`,
      'create index prediction_service on prediction (service, at)',
      `create table request_record (
         seq $CURSOR,
         id $TEXT not null unique,
         service $TEXT not null,
         at $INTEGER not null,
         level $TEXT not null,
         tenant $TEXT not null,
         trace_id $TEXT,
         weight $REAL not null,
         kept $TEXT not null,
         body $TEXT not null
       )$STRICT`,
      'create index request_record_at on request_record (at, id)',
      'create index request_record_service on request_record (service, at, id)',
      'create index request_record_trace on request_record (trace_id) where trace_id is not null',
    ],
  },
  {
    name: 'facts',
    ddl: [
      // The key is kind, service and id in one text: with one column there is one index to find it by, also for a planner that has
      // no statistics of the table yet and takes any index that begins with kind and service for as good.
      `create table fact (
         cursor $CURSOR,
         key $TEXT not null unique,
         kind $TEXT not null,
         service $TEXT not null,
         id $TEXT not null,
         at $INTEGER not null,
         arrived_at $INTEGER not null,
         sent_by $TEXT not null,
         request $TEXT,
         digest $TEXT not null,
         body $TEXT not null
       )$STRICT`,
      'create index fact_arrival on fact (kind, cursor)',
      'create index fact_at on fact (kind, service, at)',
      'create index fact_request on fact (request) where request is not null',
      `create table fact_aside (
         key $TEXT not null,
         kind $TEXT not null,
         service $TEXT not null,
         id $TEXT not null,
         digest $TEXT not null,
         at $INTEGER not null,
         arrived_at $INTEGER not null,
         sent_by $TEXT not null,
         request $TEXT,
         body $TEXT not null,
         primary key (key, digest)
       )$STRICT`,
    ],
  },
  {
    name: 'directives, keys, audit',
    ddl: [
      `create table directive (
         id $TEXT primary key, service $TEXT not null, expires_at $INTEGER not null, body $TEXT not null
       )$STRICT`,
      `create table access_key (
         id $TEXT primary key,
         name $TEXT not null,
         role $TEXT not null check (role in ('viewer', 'operator', 'admin')),
         hash $TEXT not null,
         created_at $INTEGER not null,
         created_by $TEXT not null,
         expires_at $INTEGER,
         revoked_at $INTEGER
       )$STRICT`,
      `create table audit_entry (
         id $INTEGER primary key,
         at $INTEGER not null,
         actor $TEXT not null,
         action $TEXT not null,
         subject $TEXT not null,
         service $TEXT,
         detail $TEXT not null,
         hash $TEXT not null
       )$STRICT`,
      // One row: the newest entry, and the last one that was swept away. Whoever appends locks it, so the chain has no forks.
      `create table audit_head (
         one $INTEGER primary key check (one = 1),
         last_id $INTEGER not null,
         hash $TEXT not null,
         base_id $INTEGER not null,
         base_hash $TEXT not null
       )$STRICT`,
      `insert into audit_head (one, last_id, hash, base_id, base_hash) values (1, 0, '', 0, '')`,
    ],
  },
  {
    name: 'documents and outbox',
    ddl: [
      `create table document (
         kind $TEXT not null,
         id $TEXT not null,
         service $TEXT not null,
         state $TEXT not null,
         label $TEXT not null,
         created_at $INTEGER not null,
         updated_at $INTEGER not null,
         revision $INTEGER not null,
         body $TEXT not null,
         primary key (kind, id)
       )$STRICT`,
      'create index document_state on document (kind, state, id)',
      'create index document_service on document (kind, service, id)',
      `create table outbox (
         seq $CURSOR,
         id $TEXT not null unique,
         destination $TEXT not null,
         stream $TEXT not null,
         body $TEXT not null,
         created_at $INTEGER not null,
         state $TEXT not null check (state in ('waiting', 'sent', 'dead')),
         attempts $INTEGER not null,
         next_at $INTEGER not null,
         last_error $TEXT,
         sent_at $INTEGER
       )$STRICT`,
      `create index outbox_due on outbox (next_at) where state = 'waiting'`,
      `create index outbox_stream on outbox (destination, stream, seq) where state = 'waiting'`,
      'create index outbox_state on outbox (state, seq)',
    ],
  },
  {
    name: 'documents by time',
    ddl: ['create index document_created on document (kind, created_at, id)'],
  },
];
