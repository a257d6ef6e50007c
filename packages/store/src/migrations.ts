/** Forward only, in order; the file's `user_version` says how many have run. Never edit one that was released. */
export const MIGRATIONS: readonly string[] = [
  `create table queue_item (
     id text primary key,
     service text not null,
     kind text not null check (kind in ('hold', 'review')),
     request_id text not null,
     tenant text not null,
     created_at integer not null,
     reason text not null,
     content text,
     content_until integer,
     label text,
     score real,
     state text not null check (state in ('waiting', 'decided')),
     verdict text,
     decided_by text,
     decided_at integer,
     note text
   ) strict;
   create index queue_item_waiting on queue_item (service, state, created_at);
   create index queue_item_content on queue_item (content_until) where content_until is not null;`,
];
