-- Times are seconds since 1970 in UTC, as they are in SQLite. Ids are compared byte by byte.
create table links (
  id text collate "C" primary key, url text not null, created_at bigint not null, expires_at bigint,
  clicks bigint not null default 0
);
create index links_expiry on links (expires_at) where expires_at is not null;
create table clicks (
  link text collate "C" not null references links on delete cascade, hour bigint not null, clicks bigint not null,
  primary key (link, hour)
);
create table referrers (
  link text collate "C" not null references links on delete cascade, host text collate "C" not null, clicks bigint not null,
  primary key (link, host)
);
