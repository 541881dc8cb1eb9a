-- Times are milliseconds since 1970 in UTC. last_id stays when old messages go, so that an id never comes twice.
create table rooms (name text primary key, last_id integer not null) without rowid, strict;
create table messages (
  room text not null, id integer not null, author text not null, text text not null, at integer not null,
  primary key (room, id)
) without rowid, strict;
