-- Times are seconds since 1970 in UTC. "if not exists": databases from before there were migrations have these tables.
create table if not exists links (
  id text primary key, url text not null, created_at integer not null, expires_at integer,
  clicks integer not null default 0
) without rowid, strict;
create index if not exists links_expiry on links (expires_at) where expires_at is not null;
create table if not exists clicks (
  link text not null references links on delete cascade, hour integer not null, clicks integer not null,
  primary key (link, hour)
) without rowid, strict;
create table if not exists referrers (
  link text not null references links on delete cascade, host text not null, clicks integer not null,
  primary key (link, host)
) without rowid, strict;
